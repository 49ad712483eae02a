// linux.resources as values of files, for each of the three kinds of host.
#include "core/cgroup/limits.h"

#include <doctest.h>

#include "cgroup/sample_hosts.h"
#include "core/oci/decode.h"

using namespace bulkhead;
using namespace bulkhead::test;
using cgroup::Purpose;

namespace {

oci::Resources resources(const char* text) {
  auto decoded = oci::decode_resources(text);
  REQUIRE(decoded.ok());
  return decoded.take();
}

/** "file=value" of each limit, in order, with blanks between. */
std::string planned(const cgroup::Host& host, const char* text, Purpose purpose = Purpose::kCreate) {
  const auto limits = cgroup::plan_limits(host, resources(text), purpose);
  if (!limits.ok()) return "refused " + limits.error().object;
  std::string result;
  for (const cgroup::Limit& limit : limits.value())
    result += (result.empty() ? "" : " ") + limit.file + "=" + limit.value;
  return result;
}

}  // namespace

TEST_CASE("memory: v1 counts memory and swap together, v2 apart; swap comes after memory") {
  const char* both = R"({"memory":{"limit":1000,"swap":1500,"reservation":500}})";
  CHECK(planned(v1_host(), both) ==
        "memory.limit_in_bytes=1000 memory.memsw.limit_in_bytes=1500 memory.soft_limit_in_bytes=500");
  CHECK(planned(v2_host(), both) == "memory.max=1000 memory.swap.max=500 memory.low=500");
  CHECK(planned(v2_host(), R"({"memory":{"limit":1000,"swap":-1}})") == "memory.max=1000");
  CHECK(planned(v2_host(), R"({"memory":{"limit":1000,"swap":1000}})") == "memory.max=1000 memory.swap.max=0");
  CHECK(planned(v2_host(), R"({"memory":{"swap":1000}})").starts_with("refused linux.resources.memory.swap"));
  CHECK(planned(v2_host(), R"({"memory":{"swappiness":10}})").starts_with("refused"));
  CHECK(planned(v2_host(), R"({"memory":{"disableOOMKiller":true}})").starts_with("refused"));
  CHECK(planned(v1_host(), R"({"memory":{"swappiness":10,"disableOOMKiller":true}})") ==
        "memory.swappiness=10 memory.oom_control=1");
}

TEST_CASE("no limit: left out of a new group, written to a running one") {
  const char* none = R"({"memory":{"limit":-1,"swap":-1},"cpu":{"quota":-1},"pids":{"limit":-1}})";
  CHECK(planned(v1_host(), none) == "");
  CHECK(planned(v2_host(), none) == "");
  CHECK(planned(v1_host(), none, Purpose::kUpdate) ==
        "memory.limit_in_bytes=-1 memory.memsw.limit_in_bytes=-1 cpu.cfs_quota_us=-1 pids.max=max");
  CHECK(planned(v2_host(), none, Purpose::kUpdate) == "memory.max=max memory.swap.max=max cpu.max=max pids.max=max");
}

TEST_CASE("cpu: the period before the quota on v1, both in one file on v2") {
  const char* text = R"({"cpu":{"shares":1024,"quota":50000,"period":100000,"cpus":"0","mems":"0"}})";
  CHECK(planned(v1_host(), text) ==
        "cpuset.cpus=0 cpuset.mems=0 cpu.shares=1024 cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000");
  CHECK(planned(v2_host(), text) == "cpuset.cpus=0 cpuset.mems=0 cpu.weight=39 cpu.max=50000 100000");
  const char* cleared = R"({"cpu":{"cpus":"","mems":""}})";
  CHECK(planned(v1_host(), cleared) == "");
  CHECK(planned(v1_host(), cleared, Purpose::kUpdate) == "cpuset.cpus= cpuset.mems=");
  CHECK(planned(v2_host(), R"({"cpu":{"realtimeRuntime":1000}})")
            .starts_with("refused linux.resources.cpu.realtimeRuntime"));
}

TEST_CASE("weights are converted at their ends") {
  CHECK(cgroup::weight_of_shares(2) == 1);
  CHECK(cgroup::weight_of_shares(0) == 1);
  CHECK(cgroup::weight_of_shares(262144) == 10000);
  CHECK(cgroup::weight_of_shares(UINT64_MAX) == 10000);
  CHECK(cgroup::io_weight(10) == 1);
  CHECK(cgroup::io_weight(1000) == 10000);
}

TEST_CASE("block I/O: throttles, and weights where a scheduler weighs") {
  const char* throttle =
      R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1000}],"throttleWriteIOPSDevice":[{"major":8,"minor":16,"rate":0}]}})";
  CHECK(planned(v1_host(), throttle) ==
        "blkio.throttle.read_bps_device=8:0 1000 blkio.throttle.write_iops_device=8:16 0");
  CHECK(planned(v2_host(), throttle) == "io.max=8:0 rbps=1000 io.max=8:16 wiops=max");
  const char* weight = R"({"blockIO":{"weight":1000,"weightDevice":[{"major":8,"minor":0,"weight":10}]}})";
  CHECK(planned(v1_host(), weight) == "blkio.bfq.weight=1000 blkio.bfq.weight_device=8:0 10");
  CHECK(planned(v2_host(), weight) == "io.weight=default 10000 io.weight=8:0 1");
  CHECK(planned(hybrid_host(), weight).starts_with("refused linux.resources.blockIO.weight"));
}

TEST_CASE("a controller that the host lacks is an error and not silence") {
  CHECK(planned(v1_host(), R"({"hugepageLimits":[{"pageSize":"2MB","limit":1}]})") ==
        "refused linux.resources.hugepageLimits: this host has no hugetlb controller");
  CHECK(planned(hybrid_host(), R"({"hugepageLimits":[{"pageSize":"2MB","limit":1}]})") ==
        "hugetlb.2MB.max=1 hugetlb.2MB.rsvd.max=1");
  CHECK(planned(v2_host(), R"({"network":{"classID":1}})").starts_with("refused linux.resources.network.classID"));
  CHECK(planned(v1_host(), R"({"unified":{"memory.high":"1"}})")
            .starts_with("refused linux.resources.unified.memory.high"));
  CHECK(planned(v2_host(), R"({"unified":{"memory.high":"1"}})") == "memory.high=1");
  CHECK(planned(host_of(kV2Mount, {}), R"({"pids":{"limit":5}})").starts_with("refused linux.resources.pids.limit"));
}
