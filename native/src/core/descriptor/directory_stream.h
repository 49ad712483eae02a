// readdir(3) over an open directory.
#pragma once

#include <dirent.h>

#include <memory>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

/** Takes the descriptor over: dirfd(3) gives it back for as long as the stream lives. Null: errno says why. */
inline DirectoryStream open_directory_stream(UniqueFd fd) {
  DirectoryStream stream(fdopendir(fd.get()));
  if (stream) fd.release();
  return stream;
}

inline bool is_dot(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

}  // namespace bulkhead
