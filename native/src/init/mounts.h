// The mounts of the container, attached by its own half: by descriptor, onto descriptors.
#pragma once

#include "context.h"

namespace bulkhead::init {

/** Attaches the root; afterwards `context.root` is where every path of the container starts. */
void attach_root(Context& context, const HostMounts& host);
void attach_mounts(Context& context, const HostMounts& host);
void bind_devices(Context& context, const HostMounts& host);
void make_symlinks(Context& context);
/** Makes the /dev tmpfs read-only if the plan wants it so. */
void seal_mounts(Context& context);
/** Attaches something of ours that is needed until the old root goes, and with it. */
void hang_in_old_root(Context& context, int mount);
/** Makes what masks paths. */
void attach_mask(Context& context);
void mask_paths(Context& context);
void make_paths_readonly(Context& context);

/** A detached mount of a new file system instance; -errno. */
long new_filesystem(const char* type, const char* key, const char* value, uint64_t attributes);

}  // namespace bulkhead::init
