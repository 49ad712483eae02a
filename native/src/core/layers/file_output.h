// A new file that is written from its beginning to its end.
#pragma once

#include <string>

#include "core/descriptor/unique_fd.h"
#include "core/layers/byte_source.h"
#include "core/result.h"

namespace bulkhead {

class FileOutput {
 public:
  /** O_EXCL, 0600. `step`: of its errors. */
  static Result<FileOutput> create(const std::string& path, const char* step);
  Result<void> write(Bytes bytes);

 private:
  FileOutput(UniqueFd fd, const std::string& path, const char* step) : fd_(std::move(fd)), path_(path), step_(step) {}

  UniqueFd fd_;
  std::string path_;
  const char* step_;
};

}  // namespace bulkhead
