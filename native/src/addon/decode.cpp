// One function a type.
#include "addon/decode.h"

#include <cmath>
#include <limits>

namespace bulkhead::addon {
namespace {

constexpr double kMaxSafeInteger = 9007199254740991;

/** An integer within [0, max], or nullopt. */
std::optional<double> whole_number(const Napi::Value& value, double max) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  const bool fits = number >= 0 && number <= max && std::trunc(number) == number;
  return fits ? std::optional<double>(number) : std::nullopt;
}

}  // namespace

std::string Decoder::text(const Napi::Value& value, const char* name) {
  if (!value.IsString()) {
    note(name, "a string");
    return {};
  }
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) note(name, "without NUL");
  return text;
}

std::optional<std::string> Decoder::optional_text(const Napi::Value& value, const char* name) {
  if (value.IsNull() || value.IsUndefined()) return std::nullopt;
  return text(value, name);
}

bool Decoder::boolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) note(name, "a boolean");
  return value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

uint32_t Decoder::uint32(const Napi::Value& value, const char* name) {
  const auto number = whole_number(value, std::numeric_limits<uint32_t>::max());
  if (!number) note(name, "an integer from 0 to 2^32-1");
  return static_cast<uint32_t>(number.value_or(0));
}

int Decoder::integer(const Napi::Value& value, const char* name) {
  const auto number = whole_number(value, std::numeric_limits<int>::max());
  if (!number) note(name, "an integer from 0 to 2^31-1");
  return static_cast<int>(number.value_or(0));
}

uint64_t Decoder::uint53(const Napi::Value& value, const char* name) {
  const auto number = whole_number(value, kMaxSafeInteger);
  if (!number) note(name, "an integer from 0 to 2^53-1");
  return static_cast<uint64_t>(number.value_or(0));
}

std::vector<uint32_t> Decoder::uint32s(const Napi::Value& value, const char* name) {
  const Napi::Array elements = array(value, name);
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < elements.Length(); ++i) numbers.push_back(uint32(elements.Get(i), name));
  return numbers;
}

std::vector<std::string> Decoder::texts(const Napi::Value& value, const char* name) {
  const Napi::Array elements = array(value, name);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < elements.Length(); ++i) strings.push_back(text(elements.Get(i), name));
  return strings;
}

Napi::Object Decoder::object(const Napi::Value& value, const char* name) {
  if (value.IsObject()) return value.As<Napi::Object>();
  note(name, "an object");
  return Napi::Object::New(env_);
}

Napi::Array Decoder::array(const Napi::Value& value, const char* name) {
  if (value.IsArray()) return value.As<Napi::Array>();
  note(name, "an array");
  return Napi::Array::New(env_);
}

Napi::Value Decoder::throw_problem() const {
  Napi::TypeError::New(env_, problem_).ThrowAsJavaScriptException();
  return env_.Undefined();
}

// The first problem is the one to tell.
void Decoder::note(const char* name, const char* expected) {
  if (problem_.empty()) problem_ = std::string(name) + " must be " + expected;
}

}  // namespace bulkhead::addon
