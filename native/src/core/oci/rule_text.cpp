#include "core/oci/rule_text.h"

#include <array>

namespace bulkhead::oci {
namespace {

constexpr std::array<std::string_view, 3> kWay = {"linux", "seccomp", "syscalls"};

/** Walks over the text once, by brackets and strings alone. */
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  std::optional<PartedConfig> part() {
    while (at_ < text_.size() && is_certain_) step();
    if (!is_certain_ || depth_ != 0 || end_ == 0) return std::nullopt;
    PartedConfig parted;
    parted.rest.reserve(text_.size() - (end_ - begin_) + 2);
    parted.rest.append(text_.substr(0, begin_)).append("[]").append(text_.substr(end_));
    parted.rules = text_.substr(begin_, end_ - begin_);
    return parted;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (c == '{' || c == '[') open(c);
    if (c == '}' || c == ']') close();
    ++at_;
  }

  void open(char c) {
    // The value of the last key of the way: the list that is sought.
    if (c == '[' && is_next_ && on_way_ == kWay.size()) begin_ = at_;
    // On the way one goes down through objects alone.
    if (is_next_ && on_way_ < kWay.size() && c != '{') is_certain_ = false;
    is_next_ = false;
    ++depth_;
  }

  void close() {
    if (depth_ == 0) {
      is_certain_ = false;
      return;
    }
    --depth_;
    // Out of what the last key of the way stood for.
    if (on_way_ >= depth_) on_way_ = depth_ == 0 ? 0 : depth_ - 1;
    if (begin_ != 0 && end_ == 0 && depth_ == kWay.size()) end_ = at_ + 1;
  }

  /** A string; a key if a colon follows, and of the way if it stands where the way has come to. */
  void string() {
    const std::size_t first = ++at_;
    bool is_escaped = false;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') continue;
      is_escaped = true;
      ++at_;
    }
    if (at_ >= text_.size()) {
      is_certain_ = false;
      return;
    }
    const std::string_view word = text_.substr(first, at_ - first);
    ++at_;
    if (is_next_) is_certain_ = false;  // where an object or a list should have come
    if (depth_ == 0 || depth_ > kWay.size() || !is_key()) return;
    if (is_escaped) is_certain_ = false;
    key(word);
  }

  void key(std::string_view word) {
    if (word != kWay[depth_ - 1]) return;
    // The same word at the same depth, elsewhere or again: which of them counts is not for this walk to say.
    if (seen_[depth_ - 1]) is_certain_ = false;
    if (on_way_ != depth_ - 1) return;
    seen_[depth_ - 1] = true;
    on_way_ = depth_;
    is_next_ = true;
  }

  bool is_key() const {
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    return next != std::string_view::npos && text_[next] == ':';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  /** How many keys of the way have been met, each in the value of the one before. */
  std::size_t on_way_ = 0;
  std::array<bool, kWay.size()> seen_{};
  /** The value of the last of them comes next. */
  bool is_next_ = false;
  bool is_certain_ = true;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

std::optional<PartedConfig> part_rules(std::string_view text) { return Walk(text).part(); }

}  // namespace bulkhead::oci
