// Looks into a finished plan.
#pragma once

#include <doctest.h>

#include <string>
#include <vector>

#include "core/builder/plan_builder.h"
#include "core/plan/plan_check.h"

namespace bulkhead::test {

class PlanReader {
 public:
  explicit PlanReader(LaunchPlan built) : built_(std::move(built)) {
    REQUIRE(plan::is_well_formed(built_.bytes.data(), built_.bytes.size()));
  }

  const plan::Plan& operator*() const { return *reinterpret_cast<const plan::Plan*>(built_.bytes.data()); }
  const plan::Plan* operator->() const { return &**this; }
  const std::vector<SlotSource>& slots() const { return built_.slots; }
  std::string text(plan::Text text) const {
    return std::string(reinterpret_cast<const char*>(built_.bytes.data()) + text.offset, text.length);
  }
  template <class T>
  std::vector<T> all(plan::Array<T> array) const {
    const T* first = reinterpret_cast<const T*>(built_.bytes.data() + array.offset);
    return std::vector<T>(first, first + array.count);
  }

 private:
  LaunchPlan built_;
};

}  // namespace bulkhead::test
