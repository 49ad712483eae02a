#include "ledger_mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "steps.h"

namespace bulkhead {
namespace {

std::string plan_text(std::span<const std::byte> plan, uint32_t offset) {
  if (offset == 0 || offset >= plan.size()) return {};
  const char* text = reinterpret_cast<const char*>(plan.data()) + offset;
  return std::string(text, strnlen(text, plan.size() - offset));
}

StepRecord to_record(const plan::LedgerEntry& entry, std::span<const std::byte> plan, uint64_t begin_ns) {
  const uint64_t end = entry.startNs + entry.durationNs;
  const uint64_t start = std::max(entry.startNs, begin_ns);
  return {plan::step_name(entry.step), start - begin_ns, end > start ? end - start : 0, entry.errnum,
          plan_text(plan, entry.objectOffset)};
}

}  // namespace

Result<LedgerMapping> LedgerMapping::create() {
  LedgerMapping mapping;
  mapping.fd_.reset(memfd_create("bulkhead-ledger", MFD_CLOEXEC));
  if (!mapping.fd_ || ftruncate(mapping.fd_.get(), plan::kLedgerBytes) != 0)
    return make_error("launch", errno, "ledger");
  void* address = mmap(nullptr, plan::kLedgerBytes, PROT_READ, MAP_SHARED, mapping.fd_.get(), 0);
  if (address == MAP_FAILED) return make_error("launch", errno, "ledger");
  mapping.ledger_ = static_cast<const plan::Ledger*>(address);
  return mapping;
}

LedgerMapping::LedgerMapping(LedgerMapping&& other) noexcept
    : fd_(std::move(other.fd_)), ledger_(std::exchange(other.ledger_, nullptr)) {}

LedgerMapping::~LedgerMapping() {
  if (ledger_ != nullptr) munmap(const_cast<plan::Ledger*>(ledger_), plan::kLedgerBytes);
}

uint32_t LedgerMapping::count() const {
  return std::min(__atomic_load_n(&ledger_->count, __ATOMIC_ACQUIRE), plan::kLedgerCapacity);
}

std::vector<StepRecord> LedgerMapping::read(std::span<const std::byte> plan, uint64_t begin_ns, uint32_t first) const {
  std::vector<StepRecord> steps;
  for (uint32_t i = first; i < count(); i++) steps.push_back(to_record(ledger_->entries[i], plan, begin_ns));
  return steps;
}

uint64_t monotonic_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

}  // namespace bulkhead
