// What is written to have a limit as it was, from what its file shows.
#include "core/cgroup/value_before.h"

#include <doctest.h>

using bulkhead::cgroup::value_before;

TEST_CASE("one value is written as it is shown") {
  CHECK(value_before("memory.max", "1000", "max\n") == "max");
  CHECK(value_before("cpu.max", "50000 100000", "max 100000\n") == "max 100000");
  CHECK(value_before("cpuset.cpus", "0", "0-3\n") == "0-3");
  CHECK(value_before("cpuset.cpus", "0", "\n") == "\n");
  CHECK(value_before("memory.limit_in_bytes", "1000", "") == "");
}

TEST_CASE("of a file with a line for each device it is that device's; none is what lifts the limit") {
  const char* shown = "8:0 rbps=max wbps=1000 riops=max wiops=max\n8:16 rbps=5 wbps=max riops=max wiops=max\n";
  CHECK(value_before("io.max", "8:16 rbps=7", shown) == "8:16 rbps=5 wbps=max riops=max wiops=max");
  CHECK(value_before("io.max", "8:1 rbps=7", shown) == "8:1 rbps=max wbps=max riops=max wiops=max");
  CHECK(value_before("blkio.throttle.read_bps_device", "8:0 7", "8:0 100\n") == "8:0 100");
  CHECK(value_before("blkio.throttle.read_bps_device", "8:0 7", "") == "8:0 0");
  CHECK(value_before("io.weight", "default 50", "default 100\n8:0 200\n") == "default 100");
  CHECK(value_before("memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n") == "0");
}
