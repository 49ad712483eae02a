// Reads typed fields out of a parsed JSON document, and remembers the first that is wrong, with its path in the document.
// Owns the strictness of types, signs and lengths; knows nothing of what the fields mean.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/result.h"

namespace bulkhead::oci {

/** Parses `text` (at most `limit_bytes`, nested at most 64 deep, valid UTF-8). The error's object says where. */
Result<void> parse_json(std::string_view text, std::size_t limit_bytes, rapidjson::Document& document);

/** What is wrong: the first only, for later errors are often its consequence. */
struct JsonProblem {
  bool found = false;
  /** Such as "linux.resources.memory.limit", then what is wrong with it. */
  std::string object;
};

/** A value with its place in the document. Nodes live on the stack of the functions that descend; parents outlive them. */
class JsonNode {
 public:
  JsonNode(const rapidjson::Value& root, JsonProblem& problem) : value_(root), problem_(problem) {}

  const rapidjson::Value& value() const { return value_; }
  bool failed() const { return problem_.found; }
  /** Records that this value is wrong: "<path>: <reason>". */
  void fail(std::string_view reason) const;
  /** The same for the field `name` of this object. */
  void fail_field(const char* name, std::string_view reason) const;
  std::string path() const;

  /** Calls `visit(JsonNode)` with the field `name`, unless it is absent or null. True: it was there. */
  template <class Visit>
  bool with(const char* name, Visit visit) const {
    const rapidjson::Value* member = find(name);
    if (member == nullptr) return false;
    visit(JsonNode(*member, *this, name, -1));
    return true;
  }
  template <class Visit>
  void object(const char* name, Visit visit) const {
    with(name, [&](const JsonNode& node) {
      if (node.expect(node.value_.IsObject(), "not an object")) visit(node);
    });
  }
  /** Calls `visit(JsonNode)` with each element of the array `name`, if there is one. */
  template <class Visit>
  void each(const char* name, Visit visit) const {
    with(name, [&](const JsonNode& node) {
      if (!node.expect(node.value_.IsArray(), "not an array")) return;
      int index = 0;
      for (const rapidjson::Value& element : node.value_.GetArray()) visit(JsonNode(element, node, nullptr, index++));
    });
  }
  /** Calls `visit(JsonNode, key)` with each field of the object `name`, if there is one. */
  template <class Visit>
  void each_field(const char* name, Visit visit) const {
    object(name, [&](const JsonNode& node) {
      for (const auto& member : node.value_.GetObject()) {
        const JsonNode field(member.value, node, member.name.GetString(), -1);
        if (std::string_view key; field.key_text(member.name, key)) visit(field, key);
      }
    });
  }

  // Each reads the field `name` into `target`, which stays as it is when the field is absent. True: it was there and good.
  bool read(const char* name, bool& target) const;
  bool read(const char* name, std::string& target) const;
  bool read(const char* name, std::vector<std::string>& target) const;
  template <class T>
  bool read(const char* name, std::optional<T>& target) const {
    T value{};
    if (!read(name, value)) return false;
    target = value;
    return true;
  }
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) bool read(const char* name, T& target) const {
    bool good = false;
    with(name, [&](const JsonNode& node) { good = node.integer(target); });
    return good;
  }
  /** As read; an absent field is an error. */
  template <class T>
  bool require(const char* name, T& target) const {
    if (find(name) == nullptr) fail_field(name, "missing");
    return read(name, target);
  }

  /** This value itself. */
  bool text(std::string& target) const;
  template <class T>
  bool integer(T& target) const {
    if constexpr (std::is_signed_v<T>) {
      if (!expect(value_.IsInt64(), value_.IsNumber() ? "out of range" : "not a number")) return false;
      const std::int64_t number = value_.GetInt64();
      if (!expect(number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max(), "out of range"))
        return false;
      target = static_cast<T>(number);
    } else {
      if (!expect(value_.IsUint64(), value_.IsNumber() ? "out of range" : "not a number")) return false;
      const std::uint64_t number = value_.GetUint64();
      if (!expect(number <= std::numeric_limits<T>::max(), "out of range")) return false;
      target = static_cast<T>(number);
    }
    return true;
  }
  /** Records `reason` unless `condition`; gives the condition back. */
  bool expect(bool condition, std::string_view reason) const {
    if (!condition) fail(reason);
    return condition;
  }

 private:
  JsonNode(const rapidjson::Value& value, const JsonNode& parent, const char* name, int index)
      : value_(value), problem_(parent.problem_), parent_(&parent), name_(name), index_(index) {}
  const rapidjson::Value* find(const char* name) const;
  bool key_text(const rapidjson::Value& key, std::string_view& target) const;

  const rapidjson::Value& value_;
  JsonProblem& problem_;
  const JsonNode* parent_ = nullptr;
  const char* name_ = nullptr;
  int index_ = -1;
};

}  // namespace bulkhead::oci
