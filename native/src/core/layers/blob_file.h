// A blob on disk, read once from its beginning to its end: counts and hashes what passes, and can be cancelled.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/descriptor/unique_fd.h"
#include "core/digest/sha256.h"
#include "core/result.h"

namespace bulkhead {

/** What two threads share while a layer is unpacked: how far it is, and whether to go on. */
struct UnpackControl {
  std::atomic<bool> cancelled = false;
  std::atomic<std::uint64_t> blob_bytes = 0;
  /** Called with blob_bytes after each read, from the thread that reads. May be empty. */
  std::function<void(std::uint64_t)> on_blob_bytes;
};

class BlobFile {
 public:
  /** A regular file; ELOOP for a symbolic link. */
  static Result<BlobFile> open(const std::string& path, UnpackControl& control);

  /** Fills `into` unless the blob ends; the number of bytes, 0 at the end. */
  Result<std::size_t> read(std::span<std::uint8_t> into);
  /** `sha256:…` of all that was read: call it once, at the end. */
  std::string digest() { return hash_.digest(); }

 private:
  BlobFile(UniqueFd fd, const std::string& path, UnpackControl& control)
      : fd_(std::move(fd)), path_(path), control_(&control) {}

  UniqueFd fd_;
  std::string path_;
  UnpackControl* control_;
  Sha256 hash_;
};

}  // namespace bulkhead
