// Which of the host's ids an ordinary user's namespace maps, so that one below it can have those of a config. Pure.
#include <cerrno>

#include "runtime/own_namespace.h"

namespace bulkhead::runtime {

Result<std::vector<oci::IdMapping>> map_below(std::uint32_t own, std::vector<oci::IdMapping>& mappings,
                                              const char* field) {
  std::vector<oci::IdMapping> outer = {{0, own, 1}};
  std::uint32_t next = 1;
  for (oci::IdMapping& mapping : mappings) {
    const std::uint32_t first = mapping.host_id;
    const bool has_own = own >= first && own - first < mapping.size;
    if (has_own && mapping.size == 1) {
      mapping.host_id = 0;
      continue;
    }
    if (has_own) return make_error("config", EINVAL, std::string(field) + ": your own id is to be mapped by itself");
    if (mapping.size > UINT32_MAX - next) return make_error("config", EINVAL, std::string(field) + ": too many ids");
    outer.push_back({next, first, mapping.size});
    mapping.host_id = next;
    next += mapping.size;
  }
  return outer;
}

}  // namespace bulkhead::runtime
