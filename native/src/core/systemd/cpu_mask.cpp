#include "core/systemd/cpu_mask.h"

#include <cerrno>
#include <charconv>
#include <optional>

namespace bulkhead::systemd {
namespace {

constexpr unsigned kMaxNumber = 8191;

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > kMaxNumber) return std::nullopt;
  return value;
}

}  // namespace

Result<std::vector<std::uint8_t>> cpu_mask(std::string_view list) {
  const Error malformed =
      make_error("config", EINVAL, "linux.resources.cpu: not a list of numbers: " + std::string(list));
  std::vector<std::uint8_t> mask;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::string_view range = list.substr(begin, list.find(',', begin) - begin);
    const auto dash = range.find('-');
    const auto first = number_of(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(range.substr(dash + 1));
    if (!first || !last || *first > *last) return malformed;
    if (mask.size() <= *last / 8) mask.resize(*last / 8 + 1);
    for (unsigned bit = *first; bit <= *last; ++bit)
      mask[bit / 8] = static_cast<std::uint8_t>(mask[bit / 8] | 1 << bit % 8);
    begin += range.size() + 1;
  }
  return mask;
}

}  // namespace bulkhead::systemd
