// Small kernel files (cgroup, proc, sysfs) as strings: one open, one read or write each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bulkhead {

/** The whole file (at most 16 MiB). Error: step "read", the path. */
Result<std::string> read_file(const std::string& path);

/** One write(2) of all of `content` to an existing file. Error: `step`, the path. */
Result<void> write_file(const std::string& path, std::string_view content, std::string_view step);

bool path_exists(const std::string& path);

/** Names of the directories in `path`; none when it can't be read. */
std::vector<std::string> subdirectories(const std::string& path);
/** Names of everything else in it. */
std::vector<std::string> file_names(const std::string& path);

/** Writes to a temporary file beside `path` and renames it, so that no reader sees half of it. Error: `step`, the path. */
Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode, std::string_view step);

}  // namespace bulkhead
