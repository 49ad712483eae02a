#include "runtime/arguments.h"

#include <charconv>
#include <cstdint>

namespace bulkhead::runtime {
namespace {

Error usage(std::string object) { return make_error("usage", 0, object); }

/** "--name", "-name" (as Go's programs take it) or "-n". */
const Option* find(std::span<const Option> options, std::string_view name) {
  for (const Option& option : options)
    if (name == option.name || (name.size() == 1 && name.front() == option.letter)) return &option;
  return nullptr;
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string_view> words, std::span<const Option> options,
                                   Operands mode) {
  Arguments result;
  std::size_t i = 0;
  for (; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--") {
      ++i;
      break;
    }
    if (word.size() < 2 || word.front() != '-') {
      if (mode == Operands::kEndOptions) break;
      result.operands_.emplace_back(word);
      continue;
    }
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = find(options, name);
    if (option == nullptr && (name == "help" || name == "h")) return make_error("help", 0, "");
    if (option == nullptr) return usage("flag provided but not defined: -" + std::string(name));
    if (!option->takes_value) {
      if (equals == std::string_view::npos || word.substr(equals + 1) == "true")
        result.values_[option->name].emplace_back();
    } else if (equals != std::string_view::npos) {
      result.values_[option->name].emplace_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      result.values_[option->name].emplace_back(words[++i]);
    } else {
      return usage("flag needs an argument: -" + std::string(name));
    }
  }
  result.used_ = i;
  for (; i < words.size(); ++i) result.operands_.emplace_back(words[i]);
  return result;
}

std::string Arguments::get(const std::string& name, std::string otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<std::int64_t> parse_number(const std::string& name, const std::string& text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size())
    return usage("invalid value \"" + text + "\" for " + name);
  return number;
}

namespace {

/** What a unit of 1024s multiplies by, and what is left of `unit` ("", "b", "ib"); 0: it is none. */
std::uint64_t multiplier(std::string unit) {
  for (char& c : unit) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (unit.starts_with(' ')) unit.erase(0, 1);
  if (unit.empty() || unit == "b") return 1;
  const auto power = std::string_view("kmgtp").find(unit.front());
  unit.erase(0, 1);
  const bool is_unit = power != std::string_view::npos && (unit.empty() || unit == "b" || unit == "ib");
  return is_unit ? std::uint64_t{1024} << (10 * power) : 0;
}

}  // namespace

Result<std::int64_t> parse_size(const std::string& name, const std::string& text) {
  if (text == "-1") return std::int64_t{-1};
  const char* const last = text.data() + text.size();
  const Error wrong = usage("invalid value \"" + text + "\" for " + name + ": not a size such as 512m");
  std::uint64_t whole = 0;
  auto [end, failure] = std::from_chars(text.data(), last, whole);
  if (failure != std::errc()) return wrong;
  double part = 0;
  if (end != last && *end == '.')
    for (double digit = 0.1; ++end != last && *end >= '0' && *end <= '9'; digit /= 10) part += digit * (*end - '0');
  const std::uint64_t factor = multiplier(std::string(end, last));
  if (factor == 0 || whole >= static_cast<std::uint64_t>(INT64_MAX) / factor) return wrong;
  return static_cast<std::int64_t>(whole * factor + static_cast<std::uint64_t>(part * static_cast<double>(factor)));
}

}  // namespace bulkhead::runtime
