// The streams around a tar: gzip and zstd in one piece and in several, cut off, spoiled, and digests of it all.
#include <doctest.h>
#include <zlib.h>
#include <zstd.h>

#include "core/digest/sha256.h"
#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

std::string gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& plain, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer into{out.data(), out.size(), 0};
  // In two steps: told the size at once, the encoder would choose a window no larger.
  ZSTD_compressStream2(context, &into, &in, ZSTD_e_continue);
  ZSTD_compressStream2(context, &into, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(into.pos);
  return out;
}

std::string digest_of(const std::string& bytes, Sha256::Compress compress = Sha256::fastest()) {
  Sha256 hash(compress);
  hash.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return hash.digest();
}

/** A megabyte that does not compress well, in a tar. */
std::string sample() {
  std::string content(1 << 20, '\0');
  std::uint32_t state = 1;
  for (char& byte : content) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24 & 15);
  }
  return TarWriter().file("f", content).file("g", "end").finish();
}

void check(const std::string& blob, const std::string& tar) {
  ScratchLayer layer;
  const auto unpacked = layer.unpack(blob);
  REQUIRE_MESSAGE(unpacked.ok(), unpacked.error().object);
  CHECK(unpacked.value().digest == digest_of(blob));
  CHECK(unpacked.value().diff_id == digest_of(tar));
  CHECK(unpacked.value().blob_bytes == blob.size());
  CHECK(unpacked.value().tar_bytes == tar.size());
  CHECK(unpacked.value().entries == 2);
  CHECK(layer.content("g") == "end");
}

/** The step and the reason of the refusal. */
std::string refusal(const std::string& blob) {
  ScratchLayer layer;
  const auto unpacked = layer.unpack(blob, {100, std::uint64_t{1} << 40});
  return unpacked.ok() ? "unpacked" : unpacked.error().step + ": " + unpacked.error().object;
}

}  // namespace

TEST_CASE("sha256: known digests, by instructions and without") {
  for (const auto compress : {Sha256::fastest(), &Sha256::compress_portable}) {
    CHECK(digest_of("", compress) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest_of("abc", compress) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_of(std::string(1'000'000, 'a'), compress) ==
          "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST_CASE("sha256: pieces of any size make the same digest") {
  const std::string bytes(1000, 'b');
  for (std::size_t piece = 1; piece < 200; piece += 7) {
    Sha256 hash;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const std::string part = bytes.substr(at, piece);
      hash.update({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
    }
    CHECK(hash.digest() == digest_of(bytes));
  }
}

TEST_CASE("layers: plain, gzip and zstd give one diff id") {
  const std::string tar = sample();
  check(tar, tar);
  check(gzip(tar), tar);
  check(zstd(tar), tar);
}

TEST_CASE("layers: several members, several frames, skippable frames and padding") {
  const std::string tar = sample();
  const std::string first = tar.substr(0, 700'001);
  const std::string second = tar.substr(700'001);
  const std::string skippable("\x50\x2a\x4d\x18\4\0\0\0abcd", 12);
  check(gzip(first) + gzip("") + gzip(second), tar);
  check(gzip(tar) + std::string(1000, '\0'), tar);
  check(zstd(first) + skippable + zstd(second) + skippable, tar);
  check(skippable + zstd(tar), tar);
}

TEST_CASE("layers: what follows the end of the archive belongs to its digests") {
  const std::string tar = sample() + std::string(10'240, '\0') + "garbage";
  check(gzip(tar), tar);
  check(tar, tar);
}

TEST_CASE("layers: a compressed stream that is cut off, spoiled, or goes on as something else") {
  const std::string tar = sample();
  for (const std::string& blob : {gzip(tar), zstd(tar)}) {
    CHECK(refusal(blob.substr(0, blob.size() / 2)).starts_with("archive: "));
    CHECK(refusal(blob.substr(0, blob.size() - 1)).starts_with("archive: "));
    CHECK(refusal(blob + "garbage").starts_with("archive: "));
    std::string spoiled = blob;
    spoiled[blob.size() / 2] = static_cast<char>(spoiled[blob.size() / 2] ^ 0x55);
    CHECK(refusal(spoiled).starts_with("archive: "));
  }
}

TEST_CASE("layers: what is no tar, and compressions that are not supported") {
  CHECK(refusal("") == "archive: it is empty");
  CHECK(refusal("hello") == "archive: the tar is truncated");
  CHECK(refusal(std::string(2048, 'x')) == "archive: it is not a tar archive");
  CHECK(refusal(gzip(std::string(2048, 'x'))) == "archive: it is not a tar archive");
  CHECK(refusal(std::string("\xfd"
                            "7zXZ\0",
                            6) +
                "rest")
            .find("xz") != std::string::npos);
  CHECK(refusal("BZh91AY&SY").find("bzip2") != std::string::npos);
}

TEST_CASE("layers: a zstd window of more than 128 MiB is a memory bomb") {
  CHECK(refusal(zstd(sample(), 27)) == "unpacked");
  CHECK(refusal(zstd(sample(), 28)).starts_with("archive: zstd"));
}

TEST_CASE("layers: gigabytes of nothing in a small blob") {
  TarWriter tar;
  tar.add({.name = "zeros", .raw_size = octal(std::uint64_t{6} << 30, 12)});
  std::string blob = zstd(tar.bytes());
  const std::string gigabyte = zstd(std::string(std::size_t{1} << 28, '\0'));
  for (int i = 0; i < 24; ++i) blob += gigabyte;
  CHECK(refusal(blob) == "archive-limit: compression ratio");
}

TEST_CASE("decompress: into a new file, within a limit") {
  const std::string tar = sample();
  ScratchLayer scratch;
  const std::string source = scratch.path("source");
  const std::string target = scratch.path("target");
  write_file(source, gzip(tar));
  const auto bytes = decompress_file(source, target, tar.size());
  REQUIRE(bytes.ok());
  CHECK(bytes.value() == tar.size());
  CHECK(read_file(target) == tar);
  CHECK(decompress_file(source, target, tar.size()).error().number == EEXIST);
  CHECK(decompress_file(source, target + "2", tar.size() - 1).error().number == EFBIG);
  write_file(source, gzip(tar).substr(0, 5000));
  CHECK(decompress_file(source, target + "3", tar.size()).error().number == EBADMSG);
}
