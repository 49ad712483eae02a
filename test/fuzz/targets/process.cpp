// `exec --process FILE` and `update --resources FILE`: the first byte says which.
#include "core/cgroup/limits.h"
#include "core/oci/decode.h"
#include "fuzz.h"
#include "hosts.h"

using namespace bulkhead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    const auto process = oci::decode_process(text);
    fuzz::must(!process.ok() || (!process.value().args.empty() && process.value().cwd.starts_with('/')));
    return 0;
  }
  const auto resources = oci::decode_resources(text);
  if (!resources.ok()) return 0;
  for (const cgroup::Host& host : fuzz::hosts()) {
    for (const auto purpose : {cgroup::Purpose::kCreate, cgroup::Purpose::kUpdate}) {
      const auto limits = cgroup::plan_limits(host, resources.value(), purpose);
      if (!limits.ok()) continue;
      // A file of the group, never one of another.
      for (const cgroup::Limit& limit : limits.value()) fuzz::must(limit.file.find('/') == std::string::npos);
    }
  }
  return 0;
}
