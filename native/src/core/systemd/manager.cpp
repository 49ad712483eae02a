#include "core/systemd/manager.h"

#include <cerrno>

namespace bulkhead::systemd {
namespace {

constexpr const char* kSystemBus = "/run/dbus/system_bus_socket";
/** systemd's own socket, root's alone: what systemctl uses while the bus daemon is not up. */
constexpr const char* kPrivate = "/run/systemd/private";
constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";

class ValueWriter {
 public:
  explicit ValueWriter(MessageWriter& writer) : writer_(writer) {}
  void operator()(bool value) {
    writer_.signature("b");
    writer_.boolean(value);
  }
  void operator()(std::uint64_t value) {
    writer_.signature("t");
    writer_.u64(value);
  }
  void operator()(const std::string& value) {
    writer_.signature("s");
    writer_.string(value);
  }
  void operator()(const std::vector<std::uint32_t>& values) {
    writer_.signature("au");
    writer_.array(4, [&] {
      for (const std::uint32_t value : values) writer_.u32(value);
    });
  }
  void operator()(const std::vector<std::uint8_t>& values) {
    writer_.signature("ay");
    writer_.array(1, [&] {
      for (const std::uint8_t value : values) writer_.byte(value);
    });
  }
  void operator()(const std::vector<std::pair<std::string, std::string>>& values) {
    writer_.signature("a(ss)");
    writer_.array(8, [&] {
      for (const auto& [first, second] : values) {
        writer_.align(8);
        writer_.string(first);
        writer_.string(second);
      }
    });
  }

 private:
  MessageWriter& writer_;
};

}  // namespace

void write_properties(MessageWriter& writer, const std::vector<Property>& properties) {
  writer.array(8, [&] {
    for (const Property& property : properties) {
      writer.align(8);
      writer.string(property.name);
      std::visit(ValueWriter(writer), property.value);
    }
  });
}

Result<Manager> Manager::connect(int timeout_ms) {
  auto bus = Bus::connect(kSystemBus, Bus::Kind::kDaemon, timeout_ms);
  if (bus.ok()) return Manager(bus.take());
  if (bus.error().number != ENOENT && bus.error().number != ECONNREFUSED) return bus.error();
  auto direct = Bus::connect(kPrivate, Bus::Kind::kPeer, timeout_ms);
  if (direct.ok()) return Manager(direct.take());
  return make_error("systemd", direct.error().number, direct.error().object);
}

Result<Message> Manager::call(const char* member, const char* signature, std::string body) {
  return bus_.call({kName, kPath, kInterface, member, signature, std::move(body)});
}

/** Before the call whose job is waited for, so that its end can't be missed. */
Result<void> Manager::subscribe() {
  if (is_subscribed_) return {};
  if (bus_.kind() == Bus::Kind::kDaemon) {
    MessageWriter rule;
    rule.string(std::string("type='signal',sender='") + kName + "',path='" + kPath + "',interface='" + kInterface +
                "',member='JobRemoved'");
    const char* daemon = "org.freedesktop.DBus";
    BULKHEAD_TRY(bus_.call({daemon, "/org/freedesktop/DBus", daemon, "AddMatch", "s", rule.bytes()}));
  }
  BULKHEAD_TRY(call("Subscribe", "", {}));
  is_subscribed_ = true;
  return {};
}

/** JobRemoved: u the job's number, o the job, s the unit, s how it ended. */
Result<void> Manager::wait_for_job(const Message& answer, const std::string& unit) {
  MessageReader reader(answer.body);
  const std::string job(reader.string());
  if (answer.signature != "o" || reader.failed()) return make_error("systemd", EBADMSG, unit);
  std::string outcome;
  const auto is_ours = [&](const Message& signal) {
    if (signal.signature != "uoss") return false;
    MessageReader values(signal.body);
    values.u32();
    const bool same = values.string() == job;
    values.string();
    outcome = values.string();
    return same && !values.failed();
  };
  BULKHEAD_TRY(bus_.wait_for_signal(kInterface, "JobRemoved", is_ours));
  if (outcome != "done") return make_error("systemd", 0, unit + ": the job's result is \"" + outcome + "\"");
  return {};
}

Result<void> Manager::start_scope(const std::string& unit, const std::vector<Property>& properties) {
  BULKHEAD_TRY(subscribe());
  MessageWriter body;
  body.string(unit);
  body.string("replace");
  write_properties(body, properties);
  body.array(8, [] {});
  auto answer = call("StartTransientUnit", "ssa(sv)a(sa(sv))", body.bytes());
  if (!answer.ok() && is_error_named(answer.error(), "org.freedesktop.systemd1.UnitExists")) {
    MessageWriter name;
    name.string(unit);
    (void)call("ResetFailedUnit", "s", name.bytes());
    answer = call("StartTransientUnit", "ssa(sv)a(sa(sv))", body.bytes());
  }
  if (!answer.ok()) return answer.error();
  return wait_for_job(answer.value(), unit);
}

Result<void> Manager::set_properties(const std::string& unit, const std::vector<Property>& properties) {
  if (properties.empty()) return {};
  MessageWriter body;
  body.string(unit);
  body.boolean(true);
  write_properties(body, properties);
  BULKHEAD_TRY(call("SetUnitProperties", "sba(sv)", body.bytes()));
  return {};
}

Result<void> Manager::stop(const std::string& unit) {
  BULKHEAD_TRY(subscribe());
  MessageWriter body;
  body.string(unit);
  body.string("replace");
  auto answer = call("StopUnit", "ss", body.bytes());
  if (answer.ok()) {
    BULKHEAD_TRY(wait_for_job(answer.value(), unit));
  } else if (!is_error_named(answer.error(), "org.freedesktop.systemd1.NoSuchUnit")) {
    return answer.error();
  }
  MessageWriter name;
  name.string(unit);
  // Most often there is nothing to reset, which is an error to systemd.
  (void)call("ResetFailedUnit", "s", name.bytes());
  return {};
}

}  // namespace bulkhead::systemd
