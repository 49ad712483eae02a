// Our own inflating and checksums, beside zlib's: every way of deflating, in pieces of every size, and headers with all that they may have.
#include <doctest.h>
#include <zlib.h>

#include <random>
#include <string>

#include "core/archive/gzip_stream.h"
#include "core/digest/crc32.h"

using namespace bulkhead;

namespace {

Bytes bytes_of(std::string_view text) { return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); }

class Pieces final : public ByteSource {
 public:
  Pieces(std::string_view bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  Result<Bytes> next() override {
    const std::string_view piece = bytes_.substr(0, size_);
    bytes_.remove_prefix(piece.size());
    return bytes_of(piece);
  }

 private:
  std::string_view bytes_;
  std::size_t size_;
};

/** What a stream holds, or why it is none. */
std::string gunzip(std::string_view bytes, std::size_t piece_size = 1 << 16) {
  Pieces pieces(bytes, piece_size);
  GzipStream stream(pieces);
  std::string plain;
  for (;;) {
    const auto piece = stream.next();
    if (!piece.ok()) return piece.error().step + ": " + piece.error().object;
    if (piece.value().empty()) return plain;
    plain.append(reinterpret_cast<const char*>(piece.value().data()), piece.value().size());
  }
}

std::string gzip(const std::string& plain, int level = 6, int strategy = Z_DEFAULT_STRATEGY,
                 gz_header* header = nullptr) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, strategy);
  if (header != nullptr) deflateSetHeader(&stream, header);
  std::string out(deflateBound(&stream, plain.size()) + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/** Words that come again near and far, runs of one byte and of few, noise. */
std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    const std::size_t kind = random() % 4;
    if (kind == 0) text.append(random() % 600, static_cast<char>(random()));
    if (kind == 1) text += "a word that comes again, ";
    if (kind == 2)
      text.append(text, text.size() - std::min<std::size_t>(text.size(), random() % 33'000), random() % 300);
    for (std::size_t i = 0; kind == 3 && i < 200; ++i) text += static_cast<char>(random() % (i < 100 ? 256 : 9));
  }
  return text;
}

}  // namespace

TEST_CASE("crc32: as zlib has it, by instructions and without, in pieces of every size") {
  const std::string bytes = sample(5000);
  for (const auto advance : {Crc32::fastest(), &Crc32::advance_portable}) {
    for (std::size_t size = 0; size < 300; ++size) {
      Crc32 crc(advance);
      crc.update(bytes_of(bytes).first(size));
      crc.update(bytes_of(bytes).subspan(size, 3 * size));
      CHECK(crc.value() == crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(4 * size)));
    }
  }
}

TEST_CASE("gzip: every level and strategy") {
  const std::string plain = sample(400'000);
  for (int level = 0; level <= 9; ++level) CHECK(gunzip(gzip(plain, level)) == plain);
  for (const int strategy : {Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED})
    CHECK(gunzip(gzip(plain, 6, strategy)) == plain);
  CHECK(gunzip(gzip(std::string(3 << 20, 'x'))) == std::string(3 << 20, 'x'));
  CHECK(gunzip(gzip("")).empty());
}

TEST_CASE("gzip: in pieces of every size, cut off anywhere") {
  const std::string plain = sample(3000);
  const std::string bytes = gzip(plain) + gzip(plain.substr(0, 40), 0);
  for (std::size_t size = 1; size < 70; ++size) CHECK(gunzip(bytes, size) == plain + plain.substr(0, 40));
  const std::string one = gzip(plain);
  for (std::size_t size = 0; size < one.size(); ++size) CHECK(gunzip(one.substr(0, size)).starts_with("archive: "));
}

TEST_CASE("gzip: a header with a name, a comment, an extra field and a checksum") {
  std::string name = "layer.tar";
  std::string comment = "a comment";
  std::string extra(300, 'e');
  gz_header header{};
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.comment = reinterpret_cast<Bytef*>(comment.data());
  header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = static_cast<uInt>(extra.size());
  header.hcrc = 1;
  const std::string bytes = gzip("content", 6, Z_DEFAULT_STRATEGY, &header);
  CHECK(gunzip(bytes) == "content");
  std::string spoilt = bytes;
  spoilt[bytes.find("comment")] = 'k';
  CHECK(gunzip(spoilt) == "archive: the gzip stream has a spoilt header");
  spoilt = bytes;
  spoilt[3] = static_cast<char>(0x80);
  CHECK(gunzip(spoilt) == "archive: the gzip stream has a header of an unknown kind");
  spoilt[2] = 7;
  CHECK(gunzip(spoilt) == "archive: the gzip stream has a bad header");
}

TEST_CASE("gzip: a trailer that is not the content's, and what follows it") {
  const std::string bytes = gzip("content");
  std::string spoilt = bytes;
  spoilt[bytes.size() - 8] ^= 1;
  CHECK(gunzip(spoilt) == "archive: the gzip stream does not have its checksum");
  spoilt = bytes;
  spoilt[bytes.size() - 1] ^= 1;
  CHECK(gunzip(spoilt) == "archive: the gzip stream does not have its size");
  CHECK(gunzip(bytes + std::string(700, '\0')) == "content");
  CHECK(gunzip(bytes + std::string(7, '\0') + bytes) == "archive: something that is not gzip follows the gzip stream");
  CHECK(gunzip(bytes + "\x1fgarbage") == "archive: the gzip stream has a bad header");
}

// RFC 1951, 3.2: the bits as they follow each other. A block begins with 1 (it is the last) and its type; of the fixed codes, 00110000 is
// a NUL, 0000001 a length of three, 11000110 one that there is not.
TEST_CASE("gzip: blocks that no encoder writes") {
  const auto refusal = [](std::string_view bits) {
    std::string block(bits.size() / 8 + 30, '\0');
    for (std::size_t i = 0; i < bits.size(); ++i)
      if (bits[i] == '1') block[i / 8] = static_cast<char>(block[i / 8] | 1 << i % 8);
    const std::string seen = gunzip(std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + block);
    const std::string_view expected = "archive: the gzip stream is corrupt: ";
    return seen.starts_with(expected) ? seen.substr(expected.size()) : seen;
  };
  CHECK(refusal("111") == "a block of no type");
  CHECK(refusal("100") == "a stored block");
  CHECK(refusal("101"
                "11111"
                "00000"
                "0000") == "too many symbols");
  CHECK(refusal("101000000000000000") == "a code of lengths");
  CHECK(refusal("110"
                "0000001"
                "00000") == "a distance beyond its beginning");
  CHECK(refusal("110"
                "00110000"
                "0000001"
                "00001") == "a distance beyond its beginning");
  CHECK(refusal("110"
                "00110000"
                "0000001"
                "11110") == "a distance");
  CHECK(refusal("110"
                "11000110") == "a symbol");
}
