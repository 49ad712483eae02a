// What a container is called to systemd, and its limits in systemd's words.
#include "core/systemd/scope.h"

#include <doctest.h>

#include <algorithm>

#include "cgroup/sample_hosts.h"
#include "core/oci/decode.h"
#include "core/systemd/cpu_mask.h"

using namespace bulkhead;
using namespace bulkhead::systemd;
using namespace bulkhead::test;

namespace {

using Bytes = std::vector<std::uint8_t>;
using AllowList = std::vector<std::pair<std::string, std::string>>;

std::vector<Property> limits(const cgroup::Host& host, const char* text) {
  return limit_properties(host, oci::decode_resources(text).value()).value();
}

template <class Value>
std::optional<Value> find(const std::vector<Property>& properties, std::string_view name) {
  for (const Property& property : properties)
    if (property.name == name) return std::get<Value>(property.value);
  return std::nullopt;
}

std::optional<std::uint64_t> number(const std::vector<Property>& properties, std::string_view name) {
  return find<std::uint64_t>(properties, name);
}

}  // namespace

TEST_CASE("slice:prefix:name is a scope below the slices that the slice's name holds") {
  const ScopeName pod = scope_name("kubepods-burstable-pod12_3.slice:cri-containerd:abc", "id").value();
  CHECK(pod.unit == "cri-containerd-abc.scope");
  CHECK(pod.cgroup_path ==
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12_3.slice/cri-containerd-abc.scope");
  CHECK(scope_name("", "web").value().cgroup_path == "/system.slice/bulkhead-web.scope");
  CHECK(scope_name(":libpod:1", "web").value().cgroup_path == "/system.slice/libpod-1.scope");
  CHECK(scope_name("-.slice:libpod:1", "web").value().cgroup_path == "/libpod-1.scope");
  CHECK(scope_name("machine.slice::1", "web").value().unit == "1.scope");
}

TEST_CASE("what is no such name is refused") {
  for (const char* path :
       {"/a/b", "a", "a.slice:b", "a.slice:b:c:d", "a.slice:b:", "a.slice:b:c.slice", "a:b:c", ".slice:b:c",
        "-a.slice:b:c", "a-.slice:b:c", "a--b.slice:b:c", "a/b.slice:b:c", "../a.slice:b:c", "a.slice:../b:c",
        "a.slice:b:c/d", "a.slice:b:c d", "a.slice:b@c:d", "a.slice:b:c\n"})
    CHECK_MESSAGE(!scope_name(path, "web").ok(), path);
  CHECK_FALSE(scope_name("a.slice:b:" + std::string(300, 'c'), "web").ok());
}

TEST_CASE("limits of v2") {
  const auto found = limits(v2_host(), R"({"memory":{"limit":1000,"swap":1500,"reservation":500},"pids":{"limit":7},
    "cpu":{"shares":1024,"quota":50000,"period":200000,"cpus":"0,2","mems":"0"}})");
  CHECK(number(found, "MemoryMax") == 1000);
  CHECK(number(found, "MemorySwapMax") == 500);
  CHECK(number(found, "MemoryLow") == 500);
  CHECK(number(found, "TasksMax") == 7);
  CHECK(number(found, "CPUWeight") == 39);
  CHECK(number(found, "CPUQuotaPerSecUSec") == 250'000);
  CHECK(number(found, "CPUQuotaPeriodUSec") == 200'000);
  CHECK(find<Bytes>(found, "AllowedCPUs") == Bytes{5});
  CHECK(find<Bytes>(found, "AllowedMemoryNodes") == Bytes{1});
}

TEST_CASE("no limit is infinity; what is not asked for is not said; quotas are whole percents, never less") {
  const auto lifted = limits(v2_host(), R"({"memory":{"limit":-1},"pids":{"limit":-1},"cpu":{"quota":-1}})");
  CHECK(number(lifted, "MemoryMax") == UINT64_MAX);
  CHECK(number(lifted, "TasksMax") == UINT64_MAX);
  CHECK(number(lifted, "CPUQuotaPerSecUSec") == UINT64_MAX);
  CHECK(limits(v2_host(), "{}").empty());
  CHECK(number(limits(v2_host(), R"({"cpu":{"quota":1234}})"), "CPUQuotaPerSecUSec") == 20'000);
  CHECK(number(limits(v2_host(), R"({"cpu":{"quota":9223372036854775807}})"), "CPUQuotaPerSecUSec") == UINT64_MAX);
}

TEST_CASE("v1 has other names, and no cpusets") {
  const auto found = limits(hybrid_host(), R"({"memory":{"limit":1000,"swap":1500},"cpu":{"shares":1024,"cpus":"0"}})");
  CHECK(number(found, "MemoryLimit") == 1000);
  CHECK(number(found, "CPUShares") == 1024);
  CHECK(found.size() == 2);
}

TEST_CASE("lists of processors") {
  CHECK(cpu_mask("1,3-5").value() == Bytes{0b111010});
  CHECK(cpu_mask("8").value() == Bytes{0, 1});
  for (const char* list : {"", ",", "1,", "a", "1-", "-1", "3-1", "1-99999", "1 ", "0x1"})
    CHECK_MESSAGE(!cpu_mask(list).ok(), list);
}

TEST_CASE("devices: a list of what is allowed, by path, by driver, or all of a kind") {
  auto host = v2_host();
  host.read = [](const std::string& path) {
    return path == "/proc/devices" ? std::string("Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n")
                                   : std::string();
  };
  const auto rules = oci::decode_resources(R"({"devices":[{"allow":false,"access":"rwm"},
    {"allow":true,"type":"b","major":8,"access":"r"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]})")
                         .value()
                         .devices;
  const auto found = device_properties(host, rules).value();
  CHECK(find<std::string>(found, "DevicePolicy") == "strict");
  // The first empties what the unit had.
  CHECK(find<AllowList>(found, "DeviceAllow") == AllowList{});
  const AllowList list = std::get<AllowList>(found.back().value);
  const auto has = [&](const char* name, const char* access) {
    return std::find(list.begin(), list.end(), std::pair<std::string, std::string>(name, access)) != list.end();
  };
  CHECK(has("block-sd", "r"));
  CHECK(has("/dev/char/10:229", "rw"));
  CHECK(has("/dev/char/1:3", "rwm"));
  CHECK(has("char-pts", "rwm"));
  CHECK(has("char-*", "m"));
}

TEST_CASE("devices: rules that are no such list are left to the container's program on v2, and refused on v1") {
  const auto rules = oci::decode_resources(R"({"devices":[{"allow":false,"access":"rwm"},
    {"allow":true,"type":"c","access":"rwm"},{"allow":false,"type":"c","major":10,"access":"rwm"}]})")
                         .value()
                         .devices;
  const auto left = device_properties(v2_host(), rules).value();
  CHECK(find<std::string>(left, "DevicePolicy") == "auto");
  CHECK(find<AllowList>(left, "DeviceAllow") == AllowList{});
  CHECK_FALSE(device_properties(hybrid_host(), rules).ok());
  const auto all = oci::decode_resources(R"({"devices":[{"allow":true,"access":"rwm"}]})").value().devices;
  CHECK(find<std::string>(device_properties(hybrid_host(), all).value(), "DevicePolicy") == "auto");
}
