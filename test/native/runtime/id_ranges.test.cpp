// What an ordinary user's namespace maps, and how a config's host ids are called in it.
#include <doctest.h>

#include "runtime/own_namespace.h"

using namespace bulkhead;
using namespace bulkhead::runtime;

namespace {

using Mappings = std::vector<oci::IdMapping>;

std::string text(const Mappings& mappings) {
  std::string result;
  for (const oci::IdMapping& mapping : mappings)
    result += std::to_string(mapping.container_id) + ":" + std::to_string(mapping.host_id) + "+" +
              std::to_string(mapping.size) + " ";
  return result;
}

}  // namespace

TEST_CASE("his own id is root there, and root of the container if the config says so") {
  Mappings mappings = {{0, 1000, 1}};
  CHECK(text(map_below(1000, mappings, "").value()) == "0:1000+1 ");
  CHECK(text(mappings) == "0:0+1 ");
}

TEST_CASE("subordinate ids follow") {
  Mappings mappings = {{0, 1000, 1}, {1, 100000, 65536}};
  CHECK(text(map_below(1000, mappings, "").value()) == "0:1000+1 1:100000+65536 ");
  CHECK(text(mappings) == "0:0+1 1:1+65536 ");
}

TEST_CASE("the container's root may be another than he") {
  Mappings mappings = {{0, 100000, 1000}, {1000, 1000, 1}, {1001, 101000, 10}};
  CHECK(text(map_below(1000, mappings, "").value()) == "0:1000+1 1:100000+1000 1001:101000+10 ");
  CHECK(text(mappings) == "0:1+1000 1000:0+1 1001:1001+10 ");
}

TEST_CASE("what can't be mapped so") {
  Mappings around = {{0, 900, 200}};
  CHECK_FALSE(map_below(1000, around, "linux.uidMappings").ok());
  Mappings many = {{0, 2000, UINT32_MAX}};
  CHECK_FALSE(map_below(1000, many, "linux.uidMappings").ok());
}
