// Owner, mode, extended attributes and time of what was unpacked; in this order, for chown(2) takes away set-uid bits
// and capabilities. Everything by descriptor, or by a name without a slash in an open directory, never through a link.
#pragma once

#include <string>
#include <string_view>

#include "core/layers/entry.h"
#include "core/result.h"

namespace bulkhead {

/**
 * Whether an image may bring it, and a layer that is written has it: not what overlayfs keeps its own state in (an image could redirect
 * a directory with it), nor the labels of the host's security modules.
 */
bool is_layer_xattr(std::string_view name);
/** Of an open file or directory. `path` is for the error. */
Result<void> apply_metadata(int fd, const Entry& entry, const std::string& path);
/** Of a symbolic link, device or fifo: things that must not be opened. Links have no mode. */
Result<void> apply_metadata_at(int directory, const std::string& name, const Entry& entry, const std::string& path);

}  // namespace bulkhead
