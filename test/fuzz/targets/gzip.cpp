// DEFLATE and gzip, beside zlib: what that takes we take, with the same bytes; what that refuses we refuse.
#include <zlib.h>

#include <optional>
#include <string>

#include "core/archive/gzip_stream.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

constexpr std::size_t kEnough = 1 << 20;

/** In pieces, so that every border is met. */
class Pieces final : public ByteSource {
 public:
  Pieces(Bytes bytes, std::size_t size) : bytes_(bytes), size_(size) {}
  Result<Bytes> next() override {
    const Bytes piece = bytes_.first(std::min(size_, bytes_.size()));
    bytes_ = bytes_.subspan(piece.size());
    return piece;
  }

 private:
  Bytes bytes_;
  std::size_t size_;
};

struct Outcome {
  std::string bytes;
  /** What follows the stream; nullopt: it is none. */
  std::optional<std::size_t> left;
  bool is_enough() const { return bytes.size() >= kEnough; }
};

Outcome ours(Bytes input, std::size_t piece_size) {
  Pieces pieces(input, piece_size);
  BitSource source(pieces);
  Window window;
  Inflater inflater;
  Outcome outcome;
  while (!outcome.is_enough()) {
    window.make_room();
    const auto has_ended = inflater.inflate(source, window);
    if (!has_ended.ok()) return outcome;
    const Bytes piece = window.take();
    outcome.bytes += fuzz::text_of(piece.data(), piece.size());
    if (!has_ended.value()) continue;
    std::size_t left = 0;
    for (;;) {
      const auto rest = source.peek(1);
      if (!rest.ok() || rest.value().empty()) break;
      left += rest.value().size();
      source.skip(rest.value().size());
    }
    outcome.left = left;
    return outcome;
  }
  return outcome;
}

Outcome zlibs(Bytes input) {
  z_stream stream{};
  inflateInit2(&stream, -MAX_WBITS);
  stream.next_in = const_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  Outcome outcome;
  int status = Z_OK;
  while (status == Z_OK && !outcome.is_enough()) {
    std::string piece(1 << 16, '\0');
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    outcome.bytes += piece.substr(0, piece.size() - stream.avail_out);
  }
  if (status == Z_STREAM_END) outcome.left = stream.avail_in;
  inflateEnd(&stream);
  return outcome;
}

void same_as_zlib(Bytes input, std::size_t piece_size) {
  const Outcome own = ours(input, piece_size);
  const Outcome theirs = zlibs(input);
  if (own.is_enough() || theirs.is_enough()) {
    const std::size_t common = std::min(own.bytes.size(), theirs.bytes.size());
    fuzz::must(own.bytes.compare(0, common, theirs.bytes, 0, common) == 0);
    return;
  }
  fuzz::must(own.left == theirs.left);
  if (own.left) fuzz::must(own.bytes == theirs.bytes);
}

std::string gzipped(std::string_view plain, int level, int strategy) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, strategy);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/** All of a stream; nullopt: it is none. */
std::optional<std::string> gunzipped(std::string_view bytes, std::size_t piece_size) {
  Pieces pieces(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), piece_size);
  GzipStream stream(pieces);
  std::string plain;
  for (;;) {
    const auto piece = stream.next();
    if (!piece.ok()) return std::nullopt;
    if (piece.value().empty()) return plain;
    plain += fuzz::text_of(piece.value().data(), piece.value().size());
    if (plain.size() > kEnough) return std::nullopt;
  }
}

}  // namespace

// The first two bytes choose the sizes of pieces and how the rest is deflated; the rest is a stream, a file, and what is to be one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece_size = 1 + std::size_t{data[0]} * data[0];
  const std::string_view rest = fuzz::text_of(data + 2, size - 2);
  same_as_zlib(Bytes(data + 2, size - 2), piece_size);
  (void)gunzipped(rest, piece_size);
  const std::string member = gzipped(rest, data[1] % 10, data[1] / 10 % 5);
  fuzz::must(gunzipped(member, piece_size) == rest);
  fuzz::must(gunzipped(member + member, piece_size) == std::string(rest) + std::string(rest));
  return 0;
}
