// update: changes a container's limits.
#include <unistd.h>

#include <array>

#include "core/core.h"
#include "core/linux/files.h"
#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_state.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {
    Option{"resources", 'r', true},
    Option{"memory", 0, true},
    Option{"memory-swap", 0, true},
    Option{"memory-reservation", 0, true},
    Option{"cpu-share", 0, true},
    Option{"cpu-shares", 0, true},
    Option{"cpu-quota", 0, true},
    Option{"cpu-period", 0, true},
    Option{"cpu-burst", 0, true},
    Option{"cpu-idle", 0, true},
    Option{"cpuset-cpus", 0, true},
    Option{"cpuset-mems", 0, true},
    Option{"blkio-weight", 0, true},
    Option{"pids-limit", 0, true},
    Option{"cpu-rt-period", 0, true},
    Option{"cpu-rt-runtime", 0, true},
    Option{"l3-cache-schema", 0, true},
    Option{"mem-bw-schema", 0, true},
    // No kernel since 5.16 has such a limit: passed over, as the spec's fields of these names are.
    Option{"kernel-memory", 0, true},
    Option{"kernel-memory-tcp", 0, true},
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
  enum class Kind { kNumber, kSize, kText } kind;
};
constexpr std::array kFields = {
    Field{"memory", "memory", "limit", Field::Kind::kSize},
    Field{"memory-swap", "memory", "swap", Field::Kind::kSize},
    Field{"memory-reservation", "memory", "reservation", Field::Kind::kSize},
    Field{"cpu-share", "cpu", "shares", Field::Kind::kNumber},
    Field{"cpu-shares", "cpu", "shares", Field::Kind::kNumber},
    Field{"cpu-quota", "cpu", "quota", Field::Kind::kNumber},
    Field{"cpu-period", "cpu", "period", Field::Kind::kNumber},
    Field{"cpu-burst", "cpu", "burst", Field::Kind::kNumber},
    Field{"cpu-rt-period", "cpu", "realtimePeriod", Field::Kind::kNumber},
    Field{"cpu-rt-runtime", "cpu", "realtimeRuntime", Field::Kind::kNumber},
    Field{"cpu-idle", "cpu", "idle", Field::Kind::kNumber},
    Field{"cpuset-cpus", "cpu", "cpus", Field::Kind::kText},
    Field{"cpuset-mems", "cpu", "mems", Field::Kind::kText},
    Field{"blkio-weight", "blockIO", "weight", Field::Kind::kNumber},
    Field{"pids-limit", "pids", "limit", Field::Kind::kNumber},
};

Result<std::string> json_value(const Field& field, const std::string& value) {
  if (field.kind == Field::Kind::kText) {
    if (value.find_first_not_of("0123456789,-") == std::string::npos) return "\"" + value + "\"";
    return make_error("usage", 0, "invalid value for " + std::string(field.option));
  }
  const std::int64_t number = field.kind == Field::Kind::kSize ? BULKHEAD_TRY(parse_size(field.option, value))
                                                               : BULKHEAD_TRY(parse_number(field.option, value));
  return std::to_string(number);
}

Result<std::string> object_text(const Arguments& arguments, std::string_view object) {
  std::string text;
  for (const Field& field : kFields) {
    if (field.object != object || !arguments.has(field.option)) continue;
    const std::string shown = BULKHEAD_TRY(json_value(field, arguments.get(field.option)));
    text += (text.empty() ? "\"" : ",\"") + std::string(field.name) + "\":" + shown;
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
  BULKHEAD_TRY(require_groups(found.state));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  if (!found.state.systemd_unit.empty()) BULKHEAD_TRY(systemd::update_scope(host, found.state.systemd_unit, resources));
  BULKHEAD_TRY(cgroup::update(host, found.state.cgroup_path, resources));
  return 0;
}

}  // namespace bulkhead::runtime
