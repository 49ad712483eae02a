// update: changes a container's limits.
#include <unistd.h>

#include <array>

#include "core/core.h"
#include "core/linux/files.h"
#include "runtime/arguments.h"
#include "runtime/container_state.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {
    Option{"resources", 'r', true},        Option{"memory", 0, true},      Option{"memory-swap", 0, true},
    Option{"memory-reservation", 0, true}, Option{"cpu-share", 0, true},   Option{"cpu-shares", 0, true},
    Option{"cpu-quota", 0, true},          Option{"cpu-period", 0, true},  Option{"cpu-burst", 0, true},
    Option{"cpu-idle", 0, true},           Option{"cpuset-cpus", 0, true}, Option{"cpuset-mems", 0, true},
    Option{"blkio-weight", 0, true},       Option{"pids-limit", 0, true},  Option{"cpu-rt-period", 0, true},
    Option{"cpu-rt-runtime", 0, true},     Option{"l3-cache-schema", 0, true}, Option{"mem-bw-schema", 0, true},
};

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0) return make_error("read", errno, "standard input");
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > oci::kMaxConfigBytes) return make_error("read", E2BIG, "standard input");
  }
}

Result<oci::Resources> resources_of_file(const std::string& path) {
  const std::string text = path == "-" ? BULKHEAD_TRY(read_standard_input()) : BULKHEAD_TRY(read_file(path));
  return oci::decode_resources(text);
}

/** The field of linux.resources that each option sets; checked as one of a config.json is. */
struct Field {
  const char* option;
  const char* object;
  const char* name;
  bool is_text;
};
constexpr std::array kFields = {
    Field{"memory", "memory", "limit", false},
    Field{"memory-swap", "memory", "swap", false},
    Field{"memory-reservation", "memory", "reservation", false},
    Field{"cpu-share", "cpu", "shares", false},
    Field{"cpu-shares", "cpu", "shares", false},
    Field{"cpu-quota", "cpu", "quota", false},
    Field{"cpu-period", "cpu", "period", false},
    Field{"cpu-burst", "cpu", "burst", false},
    Field{"cpu-rt-period", "cpu", "realtimePeriod", false},
    Field{"cpu-rt-runtime", "cpu", "realtimeRuntime", false},
    Field{"cpu-idle", "cpu", "idle", false},
    Field{"cpuset-cpus", "cpu", "cpus", true},
    Field{"cpuset-mems", "cpu", "mems", true},
    Field{"blkio-weight", "blockIO", "weight", false},
    Field{"pids-limit", "pids", "limit", false},
};

Result<std::string> object_text(const Arguments& arguments, std::string_view object) {
  std::string text;
  for (const Field& field : kFields) {
    if (field.object != object || !arguments.has(field.option)) continue;
    const std::string value = arguments.get(field.option);
    if (!field.is_text) BULKHEAD_TRY(parse_number(field.option, value));
    if (field.is_text && value.find_first_not_of("0123456789,-") != std::string::npos)
      return make_error("usage", 0, "invalid value for " + std::string(field.option));
    text +=
        (text.empty() ? "\"" : ",\"") + std::string(field.name) + "\":" + (field.is_text ? "\"" + value + "\"" : value);
  }
  return text;
}

Result<oci::Resources> resources_of_options(const Arguments& arguments) {
  std::string text = "{";
  for (const char* object : {"memory", "cpu", "blockIO", "pids"}) {
    const std::string fields = BULKHEAD_TRY(object_text(arguments, object));
    if (!fields.empty()) text += (text.size() > 1 ? ",\"" : "\"") + std::string(object) + "\":{" + fields + "}";
  }
  return oci::decode_resources(text + "}");
}

}  // namespace

Result<int> update(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  for (const char* name : {"l3-cache-schema", "mem-bw-schema"})
    if (arguments.has(name)) return plain_error(std::string("--") + name + ": Intel RDT (resctrl) is not supported");
  if (arguments.operands().size() != 1) return make_error("usage", 0, "\"update\" requires exactly 1 argument");
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  const oci::Resources resources = arguments.has("resources")
                                       ? BULKHEAD_TRY(resources_of_file(arguments.get("resources")))
                                       : BULKHEAD_TRY(resources_of_options(arguments));
  const cgroup::Host host = BULKHEAD_TRY(cgroup::probe_host());
  if (!found.state.systemd_unit.empty()) BULKHEAD_TRY(systemd::update_scope(host, found.state.systemd_unit, resources));
  BULKHEAD_TRY(cgroup::update(host, found.state.cgroup_path, resources));
  return 0;
}

}  // namespace bulkhead::runtime
