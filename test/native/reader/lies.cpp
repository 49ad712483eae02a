// A reader process that an archive has taken over says whatever it likes. It is refused, or what it says becomes the content of that
// layer, within the layer and the limits; it is not waited for without end.
#include <doctest.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "core/layers/receive_layer.h"
#include "reader/peer.h"
#include "scratch_layer.h"

using namespace bulkhead;
using namespace bulkhead::test;
using channel::EntryFields;
using channel::RecordKind;

namespace {

constexpr std::uint64_t kMaxEntries = 100;
constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::uint64_t kBlobBytes = 4096;

Result<ReceivedLayer> receive(ScratchLayer& scratch, ByteSource& source) {
  auto tree = LayerTree::open(scratch.layer(), LowerLayers::open({}).take());
  LayerWriter writer(tree.take());
  return receive_layer(source, {kMaxBytes, kBlobBytes, {}}, kMaxEntries, writer);
}

/** "" when it is taken, else the step of the refusal. */
std::string outcome(ScratchLayer& scratch, const Records& records) {
  const std::string& bytes = records.bytes();
  MemorySource whole(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  const auto received = receive(scratch, whole);
  return received.ok() ? "" : received.error().step;
}

struct Lie {
  std::string what;
  std::function<void(Records&)> tell;
};

/** An entry with one field that is not what it should be. */
Lie field(const std::string& what, const std::function<void(EntryFields&)>& spoil) {
  return {what, [spoil](Records& records) {
            EntryFields fields = file_fields("f");
            spoil(fields);
            records.entry(fields, "f" + std::string(64, '\0'));
          }};
}

/** …, its payload having just the size that the fields say. */
Lie number(const std::string& what, const std::function<void(EntryFields&)>& spoil) {
  return {what, [spoil](Records& records) {
            EntryFields fields = file_fields("f");
            spoil(fields);
            records.entry(fields, "f");
          }};
}

const Lie kLies[] = {
    {"a record of no kind", [](Records& r) { r.record(RecordKind{9}, ""); }},
    {"a record of the kind 0", [](Records& r) { r.record(RecordKind{0}, "x"); }},
    {"an entry of 4 GiB", [](Records& r) { r.record(RecordKind::kEntry, "x", 0xffffffff); }},
    {"an entry shorter than its fields", [](Records& r) { r.record(RecordKind::kEntry, "abc"); }},
    {"an entry without a payload", [](Records& r) { r.record(RecordKind::kEntry, ""); }},
    {"an entry with more than it says", [](Records& r) { r.entry(file_fields("f"), "f and more"); }},
    {"a name that ends behind the record", [](Records& r) { r.entry(file_fields("a long name"), "f"); }},
    {"a name with a NUL", [](Records& r) { r.file(std::string("a\0b", 3)); }},
    field("a name of 4 GiB", [](EntryFields& f) { f.name_size = 0xffffffff; }),
    field("a link of 4 GiB", [](EntryFields& f) { f.link_size = 0xffffffff; }),
    field("a million extents", [](EntryFields& f) { f.is_sparse = 1, f.extent_count = 1'000'000; }),
    field("extents of a file that has none", [](EntryFields& f) { f.extent_count = 1; }),
    field("a million attributes", [](EntryFields& f) { f.xattr_count = 1'000'000; }),
    field("attributes that end behind the record", [](EntryFields& f) { f.xattr_count = 100; }),
    number("a kind that there is not", [](EntryFields& f) { f.kind = 7; }),
    number("a kind beyond all", [](EntryFields& f) { f.kind = 0xffffffff; }),
    number("a mode with the bits of a type", [](EntryFields& f) { f.mode = 0100644; }),
    number("an owner that is none", [](EntryFields& f) { f.uid = 0xffffffff; }),
    number("a group that is none", [](EntryFields& f) { f.gid = 0xffffffff; }),
    number("a second of nanoseconds", [](EntryFields& f) { f.mtime_nanoseconds = 1'000'000'000; }),
    number("a device beyond the kernel's numbers", [](EntryFields& f) { f.kind = 4, f.device_major = 1 << 12; }),
    number("a directory with data", [](EntryFields& f) { f.kind = 5, f.size = 5; }),
    number("a sparse directory", [](EntryFields& f) { f.kind = 5, f.is_sparse = 1; }),
    number("neither sparse nor not", [](EntryFields& f) { f.is_sparse = 2; }),
    number("a sparse file without its data's place", [](EntryFields& f) { f.is_sparse = 1, f.size = 5; }),
    {"a link's target of a file",
     [](Records& r) {
       EntryFields fields = file_fields("f");
       fields.link_size = 1;
       r.entry(fields, "fx");
     }},
    {"extents that overlap",
     [](Records& r) {
       EntryFields fields = file_fields("f", 8);
       fields.is_sparse = 1;
       fields.real_size = 100;
       fields.extent_count = 2;
       r.entry(fields, "f" + text_of(Extent{0, 4}) + text_of(Extent{2, 4}));
     }},
    {"an extent beyond its file",
     [](Records& r) {
       EntryFields fields = file_fields("f", 8);
       fields.is_sparse = 1;
       fields.real_size = 8;
       fields.extent_count = 1;
       r.entry(fields, "f" + text_of(Extent{~0ull - 3, 8}));
     }},
    {"data of no entry", [](Records& r) { r.data("x"); }},
    {"data of a directory",
     [](Records& r) {
       EntryFields fields = file_fields("d");
       fields.kind = 5;
       r.entry(fields, "d").data("x");
     }},
    {"more data than said", [](Records& r) { r.file("f", 3).data("abcd"); }},
    {"more data than said, later", [](Records& r) { r.file("f", 3).data("ab").data("cd"); }},
    {"empty data", [](Records& r) { r.file("f", 3).data(""); }},
    {"an entry amid data", [](Records& r) { r.file("f", 3).data("ab").file("g"); }},
    {"the end amid data", [](Records& r) { r.file("f", 3).data("ab").end(); }},
    {"progress that goes back", [](Records& r) { r.progress(10, 1000).progress(9, 2000); }},
    {"progress that does not go on", [](Records& r) { r.progress(10, 1000).progress(10, 1000); }},
    {"progress beyond the blob", [](Records& r) { r.progress(kBlobBytes + 1, 1000); }},
    {"progress of another size", [](Records& r) { r.record(RecordKind::kProgress, "12345678"); }},
    {"an end that is too short", [](Records& r) { r.record(RecordKind::kEnd, "x"); }},
    {"an end before what was said", [](Records& r) { r.progress(10, 1000).end(999); }},
    {"a failure with a NUL",
     [](Records& r) {
       r.record(RecordKind::kFailure,
                text_of(channel::FailureFields{channel::FailureStep::kArchive, 0}) + std::string("a\0b", 3));
     }},
    {"a failure of a megabyte",
     [](Records& r) {
       r.record(RecordKind::kFailure,
                text_of(channel::FailureFields{channel::FailureStep::kArchive, 0}) + std::string(1 << 20, 'x'));
     }},
    {"a failure with a negative errno",
     [](Records& r) {
       r.record(RecordKind::kFailure, text_of(channel::FailureFields{channel::FailureStep::kReadBlob, -1}));
     }},
};

/** What a tar could say, too: the layer's own rules are root's. */
const Lie kHostileEntries[] = {
    {"a name that leads upwards", [](Records& r) { r.file("../evil"); }},
    {"a name that leads upwards later", [](Records& r) { r.file("a/../../outside/evil"); }},
    {"no name", [](Records& r) { r.file(""); }},
    {"a name of 5,000 bytes", [](Records& r) { r.file(std::string(5000, 'x')); }},
    {"a hard link upwards",
     [](Records& r) {
       EntryFields fields = file_fields("evil");
       fields.kind = static_cast<std::uint32_t>(EntryKind::kHardLink);
       fields.link_size = 17;
       r.entry(fields, "evil../outside/canary");
     }},
    {"overlayfs' own whiteout",
     [](Records& r) {
       EntryFields fields = file_fields("evil");
       fields.kind = static_cast<std::uint32_t>(EntryKind::kCharDevice);
       r.entry(fields, "evil");
     }},
    {"more entries than allowed",
     [](Records& r) {
       for (std::uint64_t i = 0; i <= kMaxEntries; ++i) r.file("f" + std::to_string(i));
     }},
    {"more bytes than allowed", [](Records& r) { r.file("f", kMaxBytes + 1).data(std::string(kMaxBytes + 1, 'x')); }},
    {"more bytes of the tar than allowed", [](Records& r) { r.progress(1, kMaxBytes + 1); }},
};

}  // namespace

TEST_CASE("reader: what it can't say is refused" * doctest::skip(geteuid() != 0)) {
  for (const Lie& lie : kLies) {
    CAPTURE(lie.what);
    ScratchLayer scratch;
    Records records;
    lie.tell(records);
    CHECK(outcome(scratch, records.end()) == "read-archive");
    CHECK(scratch.is_outside_untouched());
  }
}

TEST_CASE("reader: hostile entries are refused as an archive's are" * doctest::skip(geteuid() != 0)) {
  for (const Lie& entry : kHostileEntries) {
    CAPTURE(entry.what);
    ScratchLayer scratch;
    Records records;
    entry.tell(records);
    const std::string step = outcome(scratch, records.end());
    const bool is_refused = step == "archive" || step == "archive-limit" || step == "unpack";
    CHECK_MESSAGE(is_refused, step);
    CHECK(scratch.is_outside_untouched());
  }
}

TEST_CASE("reader: the records are those of src/reader" * doctest::skip(geteuid() != 0)) {
  ScratchLayer scratch;
  Records records;
  records.progress(1, 512).file("f", 5).data("he").progress(2, 600).data("llo").file("g").end();
  CHECK(outcome(scratch, records) == "");
  CHECK(scratch.content("f") == "hello");
  CHECK(scratch.exists("g"));
}

TEST_CASE("reader: chunks that lie about their size, stop half-way or never come" * doctest::skip(geteuid() != 0)) {
  const ReadControl control;
  const auto received = [&](const std::function<void(Peer&)>& act, int quiet_ms = 10'000) {
    ScratchLayer scratch;
    Peer peer;
    act(peer);
    ChunkSource source = peer.source(control, quiet_ms);
    const auto result = receive(scratch, source);
    REQUIRE(!result.ok());
    CHECK(result.error().step == "read-archive");
    return result.error().number;
  };
  const std::string file = Records().file("f", 10).data("half ").bytes();
  CHECK(received([](Peer& peer) { peer.send_chunk("x", 0); }) == EPROTO);
  CHECK(received([](Peer& peer) { peer.send_chunk("x", channel::kChunkBytes + 1); }) == EPROTO);
  CHECK(received([](Peer& peer) { peer.send_chunk("x", 0xffffffff); }) == EPROTO);
  CHECK(received([](Peer& peer) { peer.send_message("abc"); }) == EPROTO);
  CHECK(received([](Peer& peer) { peer.send_message(std::string(100, 'x')); }) == EPROTO);
  CHECK(received([](Peer& peer) { peer.close(); }) == EPIPE);
  CHECK(received([&](Peer& peer) { peer.send_chunk(file), peer.close(); }) == EPIPE);
  CHECK(received([&](Peer& peer) { peer.send_chunk(file); }, 1) == ETIMEDOUT);
}

TEST_CASE("reader: who waits for it can be told to stop" * doctest::skip(geteuid() != 0)) {
  ReadControl control;
  const Peer peer;
  ChunkSource source = peer.source(control);
  std::thread canceller([&] { control.cancel(); });
  CHECK(source.next().error().number == ECANCELED);
  canceller.join();
}

TEST_CASE("reader: a chunk is filled again once it has come back") {
  const ReadControl control;
  Peer peer;
  ChunkSource source = peer.source(control);
  for (std::size_t i = 0; i < 3 * channel::kChunks; ++i) {
    const std::string content = "chunk " + std::to_string(i);
    peer.send_chunk(content);
    const auto bytes = source.next();
    REQUIRE(bytes.ok());
    CHECK(std::string(bytes.value().begin(), bytes.value().end()) == content);
  }
}
