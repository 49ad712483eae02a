// Statistics from either kind of hierarchy.
#include "core/cgroup/stats.h"

#include <doctest.h>

#include "cgroup/sample_hosts.h"
#include "core/cgroup/stats_hugetlb.h"

using namespace bulkhead;
using namespace bulkhead::test;

TEST_CASE("v2 statistics") {
  const auto host = host_of(
      kV2Mount, {{"/sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"},
                 {"/sys/fs/cgroup/b/cpu.stat", "usage_usec 1500\nuser_usec 1\nthrottled_usec 30\n"},
                 {"/sys/fs/cgroup/b/memory.current", "5000\n"},
                 {"/sys/fs/cgroup/b/memory.stat", "anon 1\ninactive_file 2000\n"},
                 {"/sys/fs/cgroup/b/memory.max", "max\n"},
                 {"/sys/fs/cgroup/b/memory.events", "low 0\noom 1\noom_kill 2\n"},
                 {"/sys/fs/cgroup/b/pids.current", "3\n"},
                 {"/sys/fs/cgroup/b/pids.max", "100\n"},
                 {"/sys/fs/cgroup/b/io.stat", "8:0 rbytes=100 wbytes=7 rios=1\n8:16 rbytes=1 wbytes=0\n"},
                 {"/sys/fs/cgroup/b/memory.pressure",
                  "some avg10=1.50 avg60=2.00 avg300=0.00 total=9\nfull avg10=0.25 avg60=0.50 avg300=0.00 total=1\n"}});
  const cgroup::Stats stats = cgroup::read_stats(host, "/b");
  CHECK(stats.cpu_usage_us == 1500);
  CHECK(stats.cpu_throttled_us == 30);
  CHECK(stats.memory_bytes == 3000);
  CHECK_FALSE(stats.memory_limit_bytes.has_value());
  CHECK(stats.oom_kills == 2);
  CHECK(stats.pids == 3);
  CHECK(stats.pids_limit == 100);
  CHECK(stats.io_read_bytes == 101);
  CHECK(stats.io_write_bytes == 7);
  REQUIRE(stats.memory_pressure.has_value());
  CHECK(stats.memory_pressure->some10 == doctest::Approx(1.5));
  CHECK(stats.memory_pressure->full60 == doctest::Approx(0.5));
  CHECK_FALSE(stats.cpu_pressure.has_value());
}

TEST_CASE("v1 statistics: nanoseconds, and the kernel's way of saying no limit") {
  const auto host = host_of(
      kV1Mounts, {{"/sys/fs/cgroup/cpu,cpuacct/b/cpuacct.usage", "1500000\n"},
                  {"/sys/fs/cgroup/cpu,cpuacct/b/cpu.stat", "nr_periods 0\nthrottled_time 4000\n"},
                  {"/sys/fs/cgroup/memory/b/memory.usage_in_bytes", "5000\n"},
                  {"/sys/fs/cgroup/memory/b/memory.stat", "inactive_file 1\ntotal_inactive_file 6000\ntotal_swap 12\n"},
                  {"/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "9223372036854771712\n"},
                  {"/sys/fs/cgroup/memory/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"},
                  {"/sys/fs/cgroup/memory/b/memory.failcnt", "17\n"},
                  {"/sys/fs/cgroup/pids/b/pids.max", "max\n"},
                  {"/sys/fs/cgroup/pids/b/pids.events", "max 3\n"},
                  {"/sys/fs/cgroup/blkio/b/blkio.throttle.io_service_bytes_recursive",
                   "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n"}});
  const cgroup::Stats stats = cgroup::read_stats(host, "/b");
  CHECK(stats.cpu_usage_us == 1500);
  CHECK(stats.cpu_throttled_us == 4);
  CHECK(stats.memory_bytes == 0);
  CHECK_FALSE(stats.memory_limit_bytes.has_value());
  CHECK(stats.swap_bytes == 12);
  CHECK(stats.oom_kills == 4);
  CHECK(stats.memory_limit_hits == 17);
  CHECK_FALSE(stats.memory_high_hits.has_value());
  CHECK(stats.pids_limit_hits == 3);
  CHECK_FALSE(stats.pids.has_value());
  CHECK_FALSE(stats.pids_limit.has_value());
  CHECK(stats.io_read_bytes == 10);
  CHECK(stats.io_write_bytes == 20);
}

TEST_CASE("a group that is not there has no statistics") {
  const cgroup::Stats stats = cgroup::read_stats(hybrid_host(), "/nowhere");
  CHECK(stats.cpu_usage_us == 0);
  CHECK_FALSE(stats.memory_bytes.has_value());
  CHECK_FALSE(cgroup::oom_kills(hybrid_host(), "/nowhere").has_value());
  CHECK_FALSE(cgroup::parse_pressure("").has_value());
}

TEST_CASE("huge pages in use, of each size that the group counts") {
  const auto v2 = host_of(kV2Mount, {{"/sys/fs/cgroup/cgroup.controllers", "hugetlb\n"},
                                     {"/sys/fs/cgroup/b/hugetlb.2MB.current", "4194304\n"},
                                     {"/sys/fs/cgroup/b/hugetlb.2MB.events", "max 3\n"}});
  const auto found = cgroup::read_hugetlb(v2, "/b", {"2MB", "1GB"});
  REQUIRE(found.size() == 1);
  CHECK(found[0].page_size == "2MB");
  CHECK(found[0].usage_bytes == 4194304);
  CHECK(found[0].limit_hits == 3);
  CHECK(cgroup::read_hugetlb(v1_host(), "/b", {"2MB"}).empty());
  const std::string mount = "42 31 0:39 / /sys/fs/cgroup/hugetlb rw,relatime - cgroup cgroup rw,hugetlb\n";
  const auto v1 = host_of(mount, {{"/sys/fs/cgroup/hugetlb/b/hugetlb.1GB.usage_in_bytes", "7\n"},
                                  {"/sys/fs/cgroup/hugetlb/b/hugetlb.1GB.max_usage_in_bytes", "9\n"},
                                  {"/sys/fs/cgroup/hugetlb/b/hugetlb.1GB.failcnt", "5\n"}});
  const auto old = cgroup::read_hugetlb(v1, "/b", {"2MB", "1GB"});
  REQUIRE(old.size() == 1);
  CHECK(old[0].usage_bytes == 7);
  CHECK(old[0].peak_bytes == 9);
  CHECK(old[0].limit_hits == 5);
}

TEST_CASE("huge pages: sizes as the kernel names them") {
  CHECK(cgroup::hugepage_size_of("hugepages-2048kB") == "2MB");
  CHECK(cgroup::hugepage_size_of("hugepages-1048576kB") == "1GB");
  CHECK(cgroup::hugepage_size_of("hugepages-64kB") == "64KB");
  CHECK(cgroup::hugepage_size_of("hugepages-").empty());
  CHECK(cgroup::hugepage_size_of("other").empty());
}
