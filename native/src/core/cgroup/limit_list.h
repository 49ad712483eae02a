// Collects limits for plan_limits: asks the host for the controller, and remembers what it could not place.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "core/cgroup/limits.h"

namespace bulkhead::cgroup {

class LimitList {
 public:
  LimitList(const Host& host, Purpose purpose) : host_(host), purpose_(purpose) {}

  const Host& host() const { return host_; }
  bool is_update() const { return purpose_ == Purpose::kUpdate; }

  /** `field` of the config wants `controller`: the hierarchy to write to, null (and an error) when there is none. */
  const Hierarchy* want(std::string_view field, std::string_view controller) {
    const Hierarchy* hierarchy = host_.find(controller);
    if (hierarchy == nullptr) refuse(field, "this host has no " + std::string(controller) + " controller");
    return hierarchy;
  }
  void add(const Hierarchy& hierarchy, std::string_view controller, std::string_view file, std::string value,
           bool is_optional = false) {
    limits_.push_back({&hierarchy, std::string(controller), std::string(file), std::move(value), is_optional});
  }
  /** Only the first is kept. */
  void refuse(std::string_view field, std::string_view reason) {
    if (error_.step.empty())
      error_ = make_error("config", EINVAL, "linux.resources." + std::string(field) + ": " + std::string(reason));
  }
  Result<std::vector<Limit>> finish() {
    if (!error_.step.empty()) return error_;
    return std::move(limits_);
  }

 private:
  const Host& host_;
  Purpose purpose_;
  std::vector<Limit> limits_;
  Error error_;
};

void add_memory_limits(const oci::MemoryResources& memory, LimitList& list);
void add_cpu_limits(const oci::CpuResources& cpu, LimitList& list);
void add_io_limits(const oci::BlockIoResources& io, LimitList& list);

}  // namespace bulkhead::cgroup
