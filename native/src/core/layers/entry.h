// One entry of a tar, as the reader gives it: pax and GNU extensions are already applied. Nothing in it is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bulkhead {

enum class EntryKind { kFile, kHardLink, kSymlink, kCharDevice, kBlockDevice, kDirectory, kFifo };

/** Far more than any file system stores for a file; each one costs a comparison with all before it. */
inline constexpr std::size_t kMaxXattrs = 128;

struct Xattr {
  std::string name;
  /** Bytes, with NULs and newlines. */
  std::string value;
};

/** A piece of a sparse file that holds data. */
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Entry {
  EntryKind kind = EntryKind::kFile;
  /** Bytes without NUL, in any encoding; as written: may be absolute, may have `..`. */
  std::string name;
  std::string link;
  /** The twelve permission bits. */
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_seconds = 0;
  std::uint32_t mtime_nanoseconds = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  /** Bytes of data in the archive. */
  std::uint64_t size = 0;
  /** Sparse files only: the size of the file, and where the archived bytes belong (ascending, within it, `size` in
   * sum). */
  bool is_sparse = false;
  std::uint64_t real_size = 0;
  std::vector<Extent> extents;
  std::vector<Xattr> xattrs;
};

}  // namespace bulkhead
