// Archives damaged at random, with their checksums put right so that the damage reaches the reader: whatever is made of them,
// nothing outside is touched. The reader reads it here, too, and not only in its process: under the sanitizers, no byte is read or written
// that is not there.
#include <doctest.h>
#include <unistd.h>

#include <cstdint>
#include <random>

#include "core/tar/tar_reader.h"
#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

constexpr std::size_t kBlock = 512;
constexpr int kRounds = 300;

/** A bit of everything that the reader knows. */
std::string sample(const std::string& outside) {
  TarWriter tar;
  tar.directory("d/").file("d/f", std::string(700, 'x')).symlink("d/l", outside).hard_link("h", "d/f");
  tar.pax({{"path", "p/" + std::string(150, 'q')}, {"SCHILY.xattr.user.a", "b"}, {"mtime", "1.5"}}).file("short", "y");
  tar.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "5000"}})
      .file("s", "1\n4096\n3\n" + std::string(503, '\0') + "abc");
  tar.gnu_long('L', std::string(130, 'n')).file("long").file("d/.wh.gone").file("d/.wh..wh..opq");
  tar.add({.name = "old",
           .type = 'S',
           .content = "abc",
           .patches = {{386, octal(9, 12) + octal(3, 12)}, {483, octal(20, 12)}}});
  tar.add({.name = "fifo", .type = '6'}).pax({{"comment", "g"}}, 'g').file("last", "z");
  return tar.finish();
}

bool is_header(const std::string& tar, std::size_t at) { return tar.compare(at + 257, 5, "ustar") == 0; }

void mend_checksums(std::string& tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    if (!is_header(tar, at)) continue;
    tar.replace(at + 148, 8, 8, ' ');
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    tar.replace(at + 148, 7, octal(sum, 7));
  }
}

std::string damaged(std::string tar, std::mt19937& random) {
  const std::size_t count = 1 + random() % 6;
  for (std::size_t i = 0; i < count; ++i) {
    // Digits, separators and borders do more harm than noise.
    static constexpr char kFavourites[] = {'\0', '7', '9', '/', '.', '\n', '=', ' ', '\x80', '\xff'};
    const bool is_favourite = random() % 2 == 0;
    tar[random() % tar.size()] =
        is_favourite ? kFavourites[random() % sizeof kFavourites] : static_cast<char>(random());
  }
  mend_checksums(tar);
  return tar;
}

/** As the reader process does, in this one. */
void read_through(const std::string& tar) {
  MemorySource source(Bytes(reinterpret_cast<const std::uint8_t*>(tar.data()), tar.size()));
  TarReader reader(source);
  for (auto entry = reader.next(); entry.ok() && entry.value(); entry = reader.next()) {
    for (auto piece = reader.data(); piece.ok() && !piece.value().empty();) piece = reader.data();
  }
  (void)reader.drain();
}

}  // namespace

TEST_CASE("layers: random damage does no harm" * doctest::skip(geteuid() != 0)) {
  std::mt19937 random(2026);
  int unpacked = 0;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    ScratchLayer scratch;
    const std::string tar = damaged(sample(scratch.outside()), random);
    read_through(tar);
    unpacked += scratch.unpack(tar, {1000, 1 << 20}).ok() ? 1 : 0;
    CHECK(scratch.is_outside_untouched());
  }
  // Both happen, or the damage is too much or too little to tell anything.
  CHECK(unpacked > kRounds / 10);
  CHECK(unpacked < kRounds * 9 / 10);
}
