#include "hostile.h"

#include <doctest.h>

#include <cstring>

namespace bulkhead::test {
namespace {

std::string outcome(const Result<Unpacked>& unpacked) {
  if (unpacked.ok()) return "unpacked";
  const Error& error = unpacked.error();
  return error.step + ": " + error.object +
         (error.number == 0 ? "" : std::string(": ") + strerrorname_np(error.number));
}

}  // namespace

void check(std::span<const Hostile> archives) {
  for (const Hostile& hostile : archives) {
    CAPTURE(hostile.what);
    ScratchLayer scratch;
    TarWriter tar;
    hostile.write(tar, scratch.outside());
    const std::string seen = outcome(scratch.unpack(tar.finish()));
    CAPTURE(seen);
    if (hostile.reason.empty()) CHECK(seen == "unpacked");
    if (!hostile.reason.empty()) CHECK(seen.find(hostile.reason) != std::string::npos);
    CHECK(scratch.is_outside_untouched());
    CHECK_FALSE(scratch.exists("hidden"));
  }
}

std::string repeated(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace bulkhead::test
