#include "core/linux/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

/** write(2) until all is written, for regular files. */
bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::vector<std::string> names_in(const std::string& path, bool directories) {
  std::vector<std::string> names;
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    if ((entry->d_type == DT_DIR) == directories && name != "." && name != "..") names.emplace_back(name);
  }
  closedir(directory);
  return names;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  constexpr off_t kMaxBytes = 16 << 20;
  const UniqueFd fd(openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return make_error("read", errno, path);
  std::string content;
  // At once as large as it will be: every page that is touched for nothing costs as much as a system call. (The files of
  // procfs, sysfs and cgroups say that they have no size, or a page.)
  if (struct stat status{}; fstat(fd.get(), &status) == 0 && status.st_size > 0 && status.st_size <= kMaxBytes)
    content.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return make_error("read", errno, path);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > std::size_t{kMaxBytes}) return make_error("read", EFBIG, path);
  }
}

Result<void> write_file(const std::string& path, std::string_view content, std::string_view step) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return make_error(step, errno, path);
  ssize_t written = 0;
  do {
    written = write(fd.get(), content.data(), content.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return make_error(step, errno, path);
  if (static_cast<std::size_t>(written) != content.size()) return make_error(step, EIO, path);
  return {};
}

bool path_exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::vector<std::string> subdirectories(const std::string& path) { return names_in(path, true); }

std::vector<std::string> file_names(const std::string& path) { return names_in(path, false); }

Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode, std::string_view step) {
  const std::string temporary = path + "." + std::to_string(getpid()) + ".new";
  {
    const UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return make_error(step, errno, temporary);
    if (!write_all(fd.get(), content)) {
      const int number = errno;
      unlink(temporary.c_str());
      return make_error(step, number, temporary);
    }
  }
  if (rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int number = errno;
  unlink(temporary.c_str());
  return make_error(step, number, path);
}

}  // namespace bulkhead
