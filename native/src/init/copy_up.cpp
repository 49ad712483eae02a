// The tmpfs option of OCI runtimes that copies what a directory holds into the tmpfs that will cover it.
// Regular files, directories and symbolic links; by descriptor, following nothing.
#include "copy_up.h"

#include "sys.h"
#include "text.h"

namespace bulkhead::init {

namespace {

constexpr int kDepthMax = 64;

// As getdents64(2) lays it out.
struct Dirent {
  uint64_t inode;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

long copy_tree(int from, int to, int depth);

long copy_content(int from, int to) {
  for (;;) {
    // sendfile(2) stays in the kernel: no buffer here.
    const long n = sys::call(__NR_sendfile, to, from, nullptr, size_t{1} << 30);
    if (n <= 0) return n;
  }
}

long copy_file(int from_dir, int to_dir, const char* name, unsigned mode) {
  const long from = sys::openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (from < 0) return from;
  long to = sys::openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  long result = to < 0 ? to : copy_content(static_cast<int>(from), static_cast<int>(to));
  sys::close(static_cast<int>(from));
  if (to >= 0) sys::close(static_cast<int>(to));
  return result;
}

long copy_link(int from_dir, int to_dir, const char* name) {
  char target[4096];
  const long size = sys::readlinkat(from_dir, name, target, sizeof target - 1);
  if (size < 0) return size;
  target[size] = '\0';
  return sys::symlinkat(target, to_dir, name);
}

long copy_directory(int from_dir, int to_dir, const char* name, unsigned mode, int depth) {
  const long made = sys::mkdirat(to_dir, name, mode);
  if (made < 0) return made;
  const long from = sys::openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const long to = sys::openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const long result = from < 0 ? from
                      : to < 0 ? to
                               : copy_tree(static_cast<int>(from), static_cast<int>(to), depth + 1);
  if (from >= 0) sys::close(static_cast<int>(from));
  if (to >= 0) sys::close(static_cast<int>(to));
  return result;
}

long copy_entry(int from, int to, const char* name, int depth) {
  struct statx status {};
  const long found = sys::statx(from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status);
  if (found < 0) return found;
  const unsigned mode = status.stx_mode & 07777u;
  long result = 0;
  switch (status.stx_mode & S_IFMT) {
    case S_IFREG:
      result = copy_file(from, to, name, mode);
      break;
    case S_IFLNK:
      result = copy_link(from, to, name);
      break;
    case S_IFDIR:
      result = copy_directory(from, to, name, mode, depth);
      break;
    default:
      return 0;
  }
  return result < 0 ? result : sys::fchownat(to, name, status.stx_uid, status.stx_gid, AT_SYMLINK_NOFOLLOW);
}

long copy_tree(int from, int to, int depth) {
  if (depth > kDepthMax) return -ELOOP;
  alignas(8) char buffer[2048];
  for (;;) {
    const long size = sys::getdents64(from, buffer, sizeof buffer);
    if (size <= 0) return size;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Dirent*>(buffer + at);
      at += entry->size;
      if (equal(entry->name, ".") || equal(entry->name, "..")) continue;
      const long result = copy_entry(from, to, entry->name, depth);
      if (result < 0) return result;
    }
  }
}

}  // namespace

long copy_up(int from, int to) {
  const long readable = sys::openat(from, ".", O_RDONLY | O_DIRECTORY);
  if (readable < 0) return readable;
  const long result = copy_tree(static_cast<int>(readable), to, 0);
  sys::close(static_cast<int>(readable));
  return result;
}

}  // namespace bulkhead::init
