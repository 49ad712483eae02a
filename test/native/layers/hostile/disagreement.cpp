// Archives that two readers would read as two: sizes, records and headers that contradict each other or say nothing.
#include <doctest.h>
#include <unistd.h>

#include "hostile.h"

using namespace bulkhead::test;

namespace {

const Hostile kRefused[] = {
    {"a bad checksum", "it is not a tar archive",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .has_bad_checksum = true}); }},
    {"a bad checksum later", "a header's checksum is wrong",
     [](TarWriter& tar, const auto&) { tar.file("good", "x").add({.name = "x", .has_bad_checksum = true}); }},
    {"a negative size", "its size is not a number",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = base256(-512, 12)}); }},
    {"a size of letters", "its size is not a number",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = "0000000000z"}); }},
    {"a size beyond 63 bits", "its size is not a number",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = "\x80\1\1\1\1\1\1\1\1\1\1\1"}); }},
    {"two sizes that hide an entry", "its two sizes contradict each other",
     [](TarWriter& tar, const auto&) {
       TarWriter inner;
       inner.file("hidden", "x");
       tar.pax({{"size", "0"}}).file("x", inner.bytes());
     }},
    {"two sizes, the other way round", "its two sizes contradict each other",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "1024"}}).file("x", "y").file("hidden", "x");
     }},
    {"a pax size that is no number", "its pax header has a bad size",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "-1"}}).file("x");
     }},
    {"a global header that names entries", "a global pax header names or sizes entries",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", "evil"}}, 'g').file("x");
     }},
    {"a global header that sizes entries", "a global pax header names or sizes entries",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "9"}}, 'g').file("x");
     }},
    {"a pax record that is longer than the header", "its pax header has a bad record",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "99 path=a\n"}).file("x"); }},
    {"a pax record of no length", "its pax header has a bad record",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "0 path=a\n"}).file("x"); }},
    {"a pax record without its newline", "its pax header has a bad record",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "9 path=a "}).file("x"); }},
    {"an owner that is none", "its owner is not a number that can be one",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .uid = 0xffffffff}); }},
    {"an owner beyond 32 bits", "its pax header has a bad uid",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"uid", "4294967296"}}).file("x");
     }},
    {"a negative owner", "its owner is not a number that can be one",
     [](TarWriter& tar, const auto&) {
       tar.add({.name = "x", .patches = {{108, base256(-1, 8)}}});
     }},
    {"zeros amid the entries", "a block of zeros is amid its entries",
     [](TarWriter& tar, const auto&) { tar.file("x", "y").raw(std::string(512, '\0')).file("hidden"); }},
    {"sparse extents that overlap", "its map of a sparse file is corrupt",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "10"},
                {"GNU.sparse.map", "0,5,3,5"}})
           .file("x", "0123456789");
     }},
    {"sparse extents beyond the file", "its map of a sparse file is corrupt",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "4"},
                {"GNU.sparse.map", "0,5"}})
           .file("x", "01234");
     }},
    {"sparse extents whose sum wraps round", "its map of a sparse file is corrupt",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "18446744073709551615"},
                {"GNU.sparse.map", "9,18446744073709551607"}})
           .file("x", "01234");
     }},
    {"a sparse map longer than the data", "its map of a sparse file is corrupt",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "4"}})
           .file("x", "9999\n0\n1\n" + std::string(503, '\0'));
     }},
    {"a sparse directory", "only a file can be sparse",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"}, {"GNU.sparse.minor", "1"}, {"GNU.sparse.size", "0"}, {"GNU.sparse.map", ""}})
           .directory("x");
     }},
};

}  // namespace

TEST_CASE("T-I02: what readers would not agree about is refused" * doctest::skip(geteuid() != 0)) { check(kRefused); }
