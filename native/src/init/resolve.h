// Paths inside the container's root, which the image or an earlier container controls. Only descriptors come out.
#pragma once

#include "context.h"

namespace bulkhead::init {

enum class Follow { kSymlinks, kNothing };

/** O_PATH descriptor of what `path` names inside the root, or -errno. */
long open_in_root(const Context& context, const char* path, uint64_t flags, Follow follow);

/** open_in_root, with links followed, that also says what was found. */
long probe_in_root(const Context& context, const char* path, struct statx& found);
/**
 * Opens what such a probe has found. There is no way from an O_PATH descriptor to an open file but /proc, which here would be
 * the container's: so the path is walked once more, and what that leads to must be the same object. ESTALE: it is another.
 */
long reopen_in_root(const Context& context, const char* path, uint64_t flags, const struct statx& found);

enum class Missing { kDirectory, kFile };
/** The same; what is missing is made: directories 0755, and for kFile an empty file 0644 at the end. */
long open_or_make_in_root(const Context& context, const char* path, Follow follow, Missing missing);

/** Makes the directories down to `path`'s parent; `*name` is the last component. The parent's O_PATH descriptor or -errno. */
long open_parent_in_root(const Context& context, const char* path, const char** name);

/** The like for a directory of ours: `path` relative, made below `dir` one component at a time, following nothing. */
long make_parent_below(int dir, const char* path, const char** name);

}  // namespace bulkhead::init
