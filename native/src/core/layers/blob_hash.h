// The digest of a blob's file, computed by root itself on a thread of its own while others read the same file.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

struct OpenBlob {
  UniqueFd file;
  std::uint64_t bytes = 0;
};

/** A regular file, opened for reading; ELOOP for a symbolic link, EINVAL for what is no file (step "read-blob"). */
Result<OpenBlob> open_blob(const std::string& path);

class BlobHash {
 public:
  /** `blob` must stay open; its offset is not used. Fails (EAGAIN) when there can be no further thread. */
  static Result<std::unique_ptr<BlobHash>> start(int blob);
  /** Stops the thread and waits for it. */
  ~BlobHash();

  /** Waits until all is read: `sha256:…`. Once. */
  Result<std::string> digest();

 private:
  explicit BlobHash(int blob) : blob_(blob) {}

  void run();

  int blob_;
  std::atomic<bool> stopped_ = false;
  std::optional<pthread_t> thread_;
  Result<std::string> digest_ = make_error("read-blob", 0, "");
};

}  // namespace bulkhead
