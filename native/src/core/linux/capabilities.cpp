#include "core/linux/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bulkhead {

std::uint64_t available_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  const std::uint64_t permitted = data[0].permitted | (std::uint64_t{data[1].permitted} << 32);
  std::uint64_t available = 0;
  for (int number = 0; number < 64; ++number) {
    const std::uint64_t bit = std::uint64_t{1} << number;
    const int is_bounded = prctl(PR_CAPBSET_READ, number);
    if (is_bounded < 0) break;  // beyond the last capability of this kernel
    if ((permitted & bit) != 0 && is_bounded == 1) available |= bit;
  }
  return available;
}

}  // namespace bulkhead
