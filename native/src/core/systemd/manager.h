// What is asked of systemd, over its D-Bus interface (org.freedesktop.systemd1(5)). Needs root.
#pragma once

#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/systemd/bus.h"
#include "core/systemd/scope.h"

namespace bulkhead::systemd {

class Manager {
 public:
  /** The system's own, by the system bus, or where no bus daemon runs directly. All calls together take `timeout_ms` at most. */
  static Result<Manager> connect(int timeout_ms = 30'000);
  explicit Manager(Bus bus) : bus_(std::move(bus)) {}

  /** StartTransientUnit, and waits until it is there. One of that name that has failed before is put away. */
  Result<void> start_scope(const std::string& unit, const std::vector<Property>& properties);
  /** SetUnitProperties, for as long as the unit lives. */
  Result<void> set_properties(const std::string& unit, const std::vector<Property>& properties);
  /** StopUnit, waits until it is gone, and ResetFailedUnit. No such unit: success. */
  Result<void> stop(const std::string& unit);

 private:
  Result<Message> call(const char* member, const char* signature, std::string body);
  /** For the end of the job that `answer` names; error: it has not been done. */
  Result<void> wait_for_job(const Message& answer, const std::string& unit);
  Result<void> subscribe();

  Bus bus_;
  bool is_subscribed_ = false;
};

/** "sa(sv)…" as StartTransientUnit's third parameter has it. */
void write_properties(MessageWriter& writer, const std::vector<Property>& properties);

}  // namespace bulkhead::systemd
