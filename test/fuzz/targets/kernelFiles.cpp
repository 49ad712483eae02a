// What is read of /proc and of control groups. The input's parts, between bytes 0, are the files: mountinfo, cgroup, and then
// whatever is asked for.
#include <vector>

#include "core/cgroup/stats.h"
#include "core/descriptor/process.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find('\0');
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> parts = parts_of(fuzz::text_of(data, size));
  parts.resize(std::max<std::size_t>(parts.size(), 3));
  (void)start_time_in(parts[0]);
  (void)cgroup::parse_pressure(parts[0]);
  cgroup::Host host = cgroup::parse_host(
      parts[0], parts[1], [&](const std::string& path) { return parts[2 + path.size() % (parts.size() - 2)]; });
  host.exists = [](const std::string& path) { return path.size() % 2 == 0; };
  (void)host.mode();
  const std::string path = cgroup::group_path(host, parts[1], "id");
  fuzz::must(path.starts_with('/') && (path == "/" || !path.ends_with('/')));
  (void)cgroup::read_stats(host, path);
  (void)cgroup::oom_kills(host, path);
  return 0;
}
