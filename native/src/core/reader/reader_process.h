// The process that reads an archive for root: bulkhead-reader, from a sealed memfd, with a blob that it can only read and a channel.
// It takes its rights away itself, before it reads the first byte (src/reader/confinement.cpp); nobody else's process is in its
// pid namespace. It ends with this object, with the thread that made it, and with this program, however that ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

class ReaderProcess {
 public:
  /** `blob`: a descriptor for reading, whose offset is the reader's from now on. `what`: channel::kReadEntries or kReadBytes. Errors of the step "read-archive". */
  static Result<ReaderProcess> start(int blob, const char* what);
  ReaderProcess(ReaderProcess&& other) noexcept;
  /** Kills and reaps it. */
  ~ReaderProcess();

  /** What it fills: channel::kMemoryBytes. */
  std::span<const std::uint8_t> memory() const { return memory_; }
  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }

 private:
  ReaderProcess() = default;

  std::span<const std::uint8_t> memory_;
  UniqueFd socket_;
  pid_t pid_ = -1;
};

}  // namespace bulkhead
