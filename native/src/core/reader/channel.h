// What the reader process and root's part say to each other: the one format that both are compiled with.
//
//   reader                                  root
//   ──────                                  ────
//   fills chunk 0, 1, … of the memory
//   "chunk n has so many bytes" ──socket──▶ reads chunk n, as bytes of a stranger
//   may fill chunk n again     ◀──socket── "n is done with"
//
// The chunks, in their order, are one stream of records: a RecordHeader and its payload. The memory's size is sealed, so that
// no access to it can fault; the socket's end is the reader's end. Both run on one machine and are one build: fields are copied as
// they are in memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bulkhead::channel {

inline constexpr std::size_t kChunkBytes = 128 * 1024;
inline constexpr std::size_t kChunks = 8;
inline constexpr std::size_t kMemoryBytes = kChunkBytes * kChunks;

/** Descriptors of the reader. */
inline constexpr int kBlobFd = 3;
inline constexpr int kMemoryFd = 4;
inline constexpr int kSocketFd = 5;

/** The reader's argument: what it is to make of the blob. */
inline constexpr const char* kReadEntries = "entries";
inline constexpr const char* kReadBytes = "bytes";

/** A message of the socket to root: the size of the next chunk. The answer is one byte, of any value. */
using ChunkSize = std::uint32_t;

enum class RecordKind : std::uint32_t {
  /** EntryFields; the name, the link, the extents; XattrFields, name and value of each attribute. */
  kEntry = 1,
  /** A piece of the data of the entry before it (of the whole content, when bytes are read). Never empty. */
  kData = 2,
  /** ProgressFields. */
  kProgress = 3,
  /** EndFields; nothing follows. */
  kEnd = 4,
  /** FailureFields and a text; nothing follows. */
  kFailure = 5,
};

struct RecordHeader {
  RecordKind kind;
  /** Of the payload. */
  std::uint32_t size;
};

struct EntryFields {
  std::uint32_t kind;  // EntryKind
  std::uint32_t is_sparse;
  std::uint32_t mode;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t mtime_nanoseconds;
  std::int64_t mtime_seconds;
  std::uint64_t size;
  std::uint64_t real_size;
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint32_t name_size;
  std::uint32_t link_size;
  std::uint32_t extent_count;
  std::uint32_t xattr_count;
};

struct XattrFields {
  std::uint32_t name_size;
  std::uint32_t value_size;
};

struct ProgressFields {
  /** Read of the blob; made of it, headers and padding of the tar included. */
  std::uint64_t blob_bytes;
  std::uint64_t tar_bytes;
};

struct EndFields {
  std::uint64_t tar_bytes;
  /** The blob is not compressed: its digest is the tar's too, which was not computed. */
  std::uint32_t is_plain;
  std::uint32_t unused;
  /** SHA-256 of the tar. */
  std::uint8_t digest[32];
};

enum class FailureStep : std::uint32_t { kArchive = 1, kLimit = 2, kReadBlob = 3, kConfine = 4 };

struct FailureFields {
  FailureStep step;
  std::int32_t number;
};

/** No payload but kData's is larger. A map of 64 Ki extents takes 1 MiB, extended attributes another one at most. */
inline constexpr std::size_t kMaxPayload = 3 * 1024 * 1024;
inline constexpr std::size_t kMaxFailureText = 4096;

}  // namespace bulkhead::channel
