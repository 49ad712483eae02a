// The ledger's memory: written by bulkhead-init, read here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../descriptor/unique_fd.h"
#include "../result.h"
#include "launch.h"
#include "plan.h"

namespace bulkhead {

class LedgerMapping {
 public:
  static Result<LedgerMapping> create();
  LedgerMapping(LedgerMapping&& other) noexcept;
  LedgerMapping& operator=(LedgerMapping&&) = delete;
  ~LedgerMapping();

  int fd() const { return fd_.get(); }
  /** How many steps have begun, of those that there is room for. */
  uint32_t count() const;
  /**
   * The steps from number `first` on, their objects' names from `plan`. Times are since `begin_ns` (CLOCK_MONOTONIC): of a step
   * that began before, what came after it.
   */
  std::vector<StepRecord> read(std::span<const std::byte> plan, uint64_t begin_ns, uint32_t first = 0) const;

 private:
  LedgerMapping() = default;
  UniqueFd fd_;
  const plan::Ledger* ledger_ = nullptr;
};

/** CLOCK_MONOTONIC, as bulkhead-init stamps the steps. */
uint64_t monotonic_ns();

}  // namespace bulkhead
