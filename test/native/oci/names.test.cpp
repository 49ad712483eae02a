// Signals, capabilities and limits by name.
#include "core/linux/names.h"

#include <doctest.h>
#include <sys/resource.h>

#include <csignal>

using namespace bulkhead;

TEST_CASE("signals are found by number, by name, with and without SIG") {
  CHECK(signal_number("9") == 9);
  CHECK(signal_number("KILL") == SIGKILL);
  CHECK(signal_number("sigterm") == SIGTERM);
  CHECK(signal_number("SIGRTMIN+3") == 37);
  CHECK(signal_number("RTMAX-1") == 63);
  for (const char* wrong : {"0", "65", "-9", "9x", " 9", "", "SIG", "NOPE", "RTMIN+31", "RTMAX+1", "99999999999"})
    CHECK_FALSE(signal_number(wrong).has_value());
}

TEST_CASE("capabilities keep the kernel's numbers") {
  CHECK(capability_number("CAP_CHOWN") == 0);
  CHECK(capability_number("CAP_SYS_ADMIN") == 21);
  CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == 40);
  CHECK(capability_name(13) == "CAP_NET_RAW");
  CHECK(capability_name(41).empty());
  CHECK_FALSE(capability_number("SYS_ADMIN").has_value());
}

TEST_CASE("resource limits by name") {
  CHECK(rlimit_number("RLIMIT_NOFILE") == RLIMIT_NOFILE);
  CHECK_FALSE(rlimit_number("NOFILE").has_value());
}
