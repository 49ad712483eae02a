// The names that the runtime-spec uses for what Linux numbers: signals, capabilities, resource limits.
#pragma once

#include <optional>
#include <string_view>

namespace bulkhead {

/** "KILL", "SIGKILL", "9", "RTMIN+3" → the number (1 to 64). */
std::optional<int> signal_number(std::string_view name);

/** "CAP_NET_RAW" → 13. The name must be the spec's: with its prefix, in capitals. */
std::optional<int> capability_number(std::string_view name);
/** 13 → "CAP_NET_RAW"; empty for a number without a name. */
std::string_view capability_name(int number);
/** The highest capability that the core knows a name of. */
int last_named_capability();

/** "RLIMIT_NOFILE" → RLIMIT_NOFILE. */
std::optional<int> rlimit_number(std::string_view name);

}  // namespace bulkhead
