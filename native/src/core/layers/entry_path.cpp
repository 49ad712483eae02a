// Splitting and checking.
#include "core/layers/entry_path.h"

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxName = 4096;
constexpr int kMaxDepth = 256;
constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kMetaPrefix = ".wh..wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";

void append(EntryPath& path, std::string_view component) {
  if (!path.parent.empty() && !path.base.empty()) path.parent += '/';
  path.parent += path.base;
  path.base = component;
}

/** Calls `visit` with each component of a clean path. */
template <class Visit>
void for_each_component(std::string_view path, Visit visit) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    visit(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
}

}  // namespace

Result<EntryPath> parse_entry_path(std::string_view name) {
  if (name.empty()) return archive_error("", "an entry has no name");
  if (name.size() > kMaxName) return limit_error("a name of more than 4096 bytes");
  if (name.find('\0') != std::string_view::npos) return archive_error(name, "its name has a NUL");
  EntryPath path;
  int depth = 0;
  bool escapes = false;
  for_each_component(name, [&](std::string_view component) {
    if (component.empty() || component == "."sv) return;
    escapes = escapes || component == ".."sv;
    ++depth;
    append(path, component);
  });
  if (escapes) return archive_error(name, "its name leads upwards");
  if (depth > kMaxDepth) return limit_error("more than 256 directories deep");
  return path;
}

EntryPath split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<Marker> take_marker(EntryPath& path) {
  Marker marker = Marker::kNone;
  bool inside_whiteout = false;
  for_each_component(path.parent, [&](std::string_view component) {
    if (component.starts_with(kMetaPrefix)) marker = Marker::kIgnored;
    inside_whiteout = inside_whiteout || component.starts_with(kWhiteoutPrefix);
  });
  if (marker == Marker::kIgnored) return marker;
  if (inside_whiteout) return archive_error(path.full(), "a whiteout can't be a directory");
  if (path.base == kOpaqueName) return Marker::kOpaque;
  if (path.base.starts_with(kMetaPrefix)) return Marker::kIgnored;
  if (!path.base.starts_with(kWhiteoutPrefix)) return Marker::kNone;
  const std::string hidden = path.base.substr(kWhiteoutPrefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..") return archive_error(path.full(), "it hides no name");
  path.base = hidden;
  return Marker::kWhiteout;
}

}  // namespace bulkhead
