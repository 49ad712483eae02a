// Paths inside the container's root, which the image or an earlier container controls. Only descriptors come out.
//
// Safe because: openat2 with RESOLVE_IN_ROOT resolves every symbolic link, absolute or with "..", inside the root, atomically
// with the open (Linux 5.6); magic links are refused; what is missing is made by a walk of single components with
// O_NOFOLLOW, from a descriptor that already lies inside. Where a path is resolved twice (reopen_in_root), the two must meet the
// same object.
#include "resolve.h"

namespace bulkhead::init {

namespace {

constexpr size_t kPathMax = 4096;

// A ".." that races with a rename gives EAGAIN (openat2(2)): worth a few tries, not more.
constexpr int kRaceTries = 32;

const char* component_end(const char* path) {
  while (*path != '\0' && *path != '/') path++;
  return path;
}
const char* skip_slashes(const char* path) {
  while (*path == '/') path++;
  return path;
}
bool is_dots(const char* first, const char* last) {
  return (last - first == 1 && first[0] == '.') || (last - first == 2 && first[0] == '.' && first[1] == '.');
}

// mkdir and open of one component. "." and ".." lead out of what was just made: refused.
long make_directory(int parent, const char* first, const char* last) {
  Buffer<256> name;
  if (is_dots(first, last)) return -EINVAL;
  if (name.put(first, last).overflowed()) return -ENAMETOOLONG;
  const long made = sys::mkdirat(parent, name.text(), 0755);
  if (made < 0 && made != -EEXIST) return made;
  return sys::openat(parent, name.text(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

long make_file(int parent, const char* name) {
  if (is_dots(name, name + length(name))) return -EINVAL;
  const long fd = sys::openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644);
  if (fd < 0) return fd;
  sys::close(static_cast<int>(fd));
  return sys::openat(parent, name, O_PATH | O_NOFOLLOW);
}

// From `dir` (consumed) down the components in [path, last), each made if it is missing.
long make_walk(int dir, const char* path, const char* last) {
  for (path = skip_slashes(path); path < last; path = skip_slashes(path)) {
    const char* end = component_end(path);
    const long next = make_directory(dir, path, end < last ? end : last);
    sys::close(dir);
    if (next < 0) return next;
    dir = static_cast<int>(next);
    path = end;
  }
  return dir;
}

const char* last_component(const char* path) {
  const char* name = path;
  for (const char* p = skip_slashes(path); *p != '\0'; p = skip_slashes(component_end(p))) name = p;
  return skip_slashes(name);
}

// The deepest directory on the way to `path` that exists; `*rest` is what is missing from there on, up to `last`.
long open_existing(const Context& context, const char* path, const char* last, Follow follow, const char** rest) {
  Buffer<kPathMax> prefix;
  if (prefix.put(path, last).overflowed()) return -ENAMETOOLONG;
  *rest = last;
  for (;;) {
    const long fd = open_in_root(context, prefix.size() == 0 ? "/" : prefix.text(), O_DIRECTORY, follow);
    if (fd != -ENOENT || *rest == path) return fd;
    const char* cut = *rest;
    while (cut > path && cut[-1] == '/') cut--;
    while (cut > path && cut[-1] != '/') cut--;
    *rest = cut;
    prefix.clear();
    prefix.put(path, cut);
  }
}

bool is_same(const struct statx& a, const struct statx& b) {
  return a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor &&
         (a.stx_mode & S_IFMT) == (b.stx_mode & S_IFMT) && a.stx_rdev_major == b.stx_rdev_major &&
         a.stx_rdev_minor == b.stx_rdev_minor;
}

}  // namespace

long open_in_root(const Context& context, const char* path, uint64_t flags, Follow follow) {
  const uint64_t resolve =
      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (follow == Follow::kNothing ? uint64_t{RESOLVE_NO_SYMLINKS} : 0);
  long fd = -EAGAIN;
  for (int i = 0; i < kRaceTries && fd == -EAGAIN; i++) {
    fd = sys::openat2(context.root, path, O_PATH | flags, resolve);
  }
  return fd;
}

long probe_in_root(const Context& context, const char* path, struct statx& found) {
  const long probe = open_in_root(context, path, 0, Follow::kSymlinks);
  if (probe < 0) return probe;
  const long result = sys::statx(static_cast<int>(probe), "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &found);
  sys::close(static_cast<int>(probe));
  return result;
}

long reopen_in_root(const Context& context, const char* path, uint64_t flags, const struct statx& found) {
  const long fd = sys::openat2(context.root, path, flags | O_NOCTTY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (fd < 0) return fd;
  struct statx opened {};
  const long result = sys::statx(static_cast<int>(fd), "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &opened);
  if (result >= 0 && is_same(opened, found)) return fd;
  sys::close(static_cast<int>(fd));
  return result < 0 ? result : -ESTALE;
}

long open_parent_in_root(const Context& context, const char* path, const char** name) {
  *name = last_component(path);
  const char* rest;
  const long dir = open_existing(context, path, *name, Follow::kSymlinks, &rest);
  return dir < 0 ? dir : make_walk(static_cast<int>(dir), rest, *name);
}

long open_or_make_in_root(const Context& context, const char* path, Follow follow, Missing missing) {
  const long found = open_in_root(context, path, 0, follow);
  if (found != -ENOENT) return found;
  const char* name = last_component(path);
  const char* rest;
  const long existing = open_existing(context, path, name, follow, &rest);
  if (existing < 0) return existing;
  const long parent = make_walk(static_cast<int>(existing), rest, name);
  if (parent < 0) return parent;
  const long made = missing == Missing::kFile ? make_file(static_cast<int>(parent), name)
                                              : make_directory(static_cast<int>(parent), name, component_end(name));
  sys::close(static_cast<int>(parent));
  return made;
}

long make_parent_below(int dir, const char* path, const char** name) {
  *name = last_component(path);
  const long own = sys::openat(dir, ".", O_PATH | O_DIRECTORY);
  return own < 0 ? own : make_walk(static_cast<int>(own), path, *name);
}

}  // namespace bulkhead::init
