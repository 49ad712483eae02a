// Which hierarchies are found.
#include <doctest.h>

#include "cgroup/sample_hosts.h"

using namespace bulkhead;
using namespace bulkhead::test;

TEST_CASE("v1: each hierarchy with its controllers, no unified one") {
  const cgroup::Host host = v1_host();
  CHECK(host.mode() == cgroup::Mode::kV1);
  CHECK(host.hierarchies.size() == 8);
  CHECK(host.find("cpuacct")->mount_point == "/sys/fs/cgroup/cpu,cpuacct");
  CHECK(host.find("name=systemd")->mount_point == "/sys/fs/cgroup/systemd");
  CHECK(host.find("hugetlb") == nullptr);
  CHECK(host.unified() == nullptr);
}

TEST_CASE("hybrid: limits on v1, what v2 carries on v2") {
  const cgroup::Host host = hybrid_host();
  CHECK(host.mode() == cgroup::Mode::kHybrid);
  CHECK_FALSE(host.find("memory")->is_v2);
  CHECK(host.find("hugetlb")->is_v2);
  CHECK(host.unified()->mount_point == "/sys/fs/cgroup/unified");
}

TEST_CASE("v2: one hierarchy with all; blkio is found as io") {
  const cgroup::Host host = v2_host();
  CHECK(host.mode() == cgroup::Mode::kV2);
  CHECK(host.find("blkio") == host.unified());
  CHECK(host.find("misc") == host.unified());
  CHECK(host.root == "/bulkhead");
}

TEST_CASE("v2 beside a named v1 hierarchy is v2, for that one limits nothing") {
  const cgroup::Host host =
      host_of(std::string(kV2Mount) + "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n", {});
  CHECK(host.mode() == cgroup::Mode::kV2);
}

TEST_CASE("a second mount of a hierarchy is passed over; lines that are none too") {
  const cgroup::Host host = host_of(
      std::string(kV2Mount) + "99 23 0:26 / /tmp/again rw - cgroup2 cgroup2 rw\nnonsense\n - \n1 2 3 - cgroup\n", {});
  CHECK(host.hierarchies.size() == 1);
  CHECK(host.unified()->mount_point == "/sys/fs/cgroup");
}

TEST_CASE("paths of groups are absolute below each mount") {
  const cgroup::Host host = v2_host();
  CHECK(cgroup::group_path(host, "", "web") == "/bulkhead/web");
  CHECK(cgroup::group_path(host, "/kubepods/x/", "web") == "/kubepods/x");
  CHECK(cgroup::group_path(host, "pod/x", "web") == "/bulkhead/pod/x");
}
