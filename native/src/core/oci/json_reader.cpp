#include "core/oci/json_reader.h"

#include <rapidjson/error/en.h>

#include <cstring>

namespace bulkhead::oci {
namespace {

constexpr int kMaxDepth = 64;

/** Whether brackets outside of strings nest at most kMaxDepth deep. */
bool is_shallow(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '{' || c == '[') && ++depth > kMaxDepth) return false;
    if (c == '}' || c == ']') --depth;
  }
  return true;
}

/** A NUL would end the string early for the kernel: what was checked would not be what is used. */
bool has_nul(const rapidjson::Value& value) {
  return std::memchr(value.GetString(), 0, value.GetStringLength()) != nullptr;
}

}  // namespace

Result<void> parse_json(std::string_view text, std::size_t limit_bytes, rapidjson::Document& document) {
  if (text.size() > limit_bytes)
    return make_error("config", E2BIG, "the document is larger than " + std::to_string(limit_bytes) + " bytes");
  if (!is_shallow(text)) return make_error("config", 0, "the document is nested too deeply");
  // Iterative: a hostile depth would end the stack. (is_shallow is not enough: it doesn't know JSON's grammar.)
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  document.Parse<kFlags>(text.data(), text.size());
  if (!document.HasParseError()) return {};
  return make_error("config", 0,
                    std::string("byte ") + std::to_string(document.GetErrorOffset()) + ": " +
                        rapidjson::GetParseError_En(document.GetParseError()));
}

std::string JsonNode::path() const {
  if (parent_ == nullptr) return {};
  std::string prefix = parent_->path();
  if (name_ == nullptr) return prefix + '[' + std::to_string(index_) + ']';
  return prefix.empty() ? name_ : prefix + '.' + name_;
}

void JsonNode::fail(std::string_view reason) const {
  if (problem_.found) return;
  problem_.found = true;
  problem_.object = path();
  if (!problem_.object.empty()) problem_.object += ": ";
  problem_.object += reason;
}

void JsonNode::fail_field(const char* name, std::string_view reason) const {
  JsonNode(value_, *this, name, -1).fail(reason);
}

const rapidjson::Value* JsonNode::find(const char* name) const {
  if (!value_.IsObject()) {
    fail("not an object");
    return nullptr;
  }
  const auto member = value_.FindMember(name);
  return member == value_.MemberEnd() || member->value.IsNull() ? nullptr : &member->value;
}

bool JsonNode::read(const char* name, bool& target) const {
  bool good = false;
  with(name, [&](const JsonNode& node) {
    good = node.expect(node.value_.IsBool(), "not a boolean");
    if (good) target = node.value_.GetBool();
  });
  return good;
}

bool JsonNode::text(std::string& target) const {
  if (!expect(value_.IsString(), "not a string") || !expect(!has_nul(value_), "holds a NUL character")) return false;
  target.assign(value_.GetString(), value_.GetStringLength());
  return true;
}

bool JsonNode::key_text(const rapidjson::Value& key, std::string_view& target) const {
  if (!expect(!has_nul(key), "its name holds a NUL character")) return false;
  target = {key.GetString(), key.GetStringLength()};
  return true;
}

bool JsonNode::read(const char* name, std::string& target) const {
  bool good = false;
  with(name, [&](const JsonNode& node) { good = node.text(target); });
  return good;
}

bool JsonNode::read(const char* name, std::vector<std::string>& target) const {
  const bool was_good = !failed();
  target.clear();
  bool found = false;
  each(name, [&](const JsonNode& node) {
    found = true;
    node.text(target.emplace_back());
  });
  return found && was_good && !failed();
}

}  // namespace bulkhead::oci
