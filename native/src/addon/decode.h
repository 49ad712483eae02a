// JavaScript values into C++ ones. A value of the wrong type is a bug of the caller: it is noted here, every later
// value reads as empty, and the function throws one TypeError that names the field.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bulkhead::addon {

class Decoder {
 public:
  explicit Decoder(Napi::Env env) : env_(env) {}

  /** Text without NUL: it would end a path or an argument early. */
  std::string text(const Napi::Value& value, const char* name);
  std::optional<std::string> optional_text(const Napi::Value& value, const char* name);
  bool boolean(const Napi::Value& value, const char* name);
  /** An integer from 0 to 2^32-1. */
  uint32_t uint32(const Napi::Value& value, const char* name);
  /** An integer from 0 to 2^31-1: a descriptor, a pid, a signal. */
  int integer(const Napi::Value& value, const char* name);
  /** An integer from 0 to 2^53-1. */
  uint64_t uint53(const Napi::Value& value, const char* name);
  std::vector<uint32_t> uint32s(const Napi::Value& value, const char* name);
  std::vector<std::string> texts(const Napi::Value& value, const char* name);
  /** An empty object when it is none. */
  Napi::Object object(const Napi::Value& value, const char* name);
  /** An empty array when it is none. */
  Napi::Array array(const Napi::Value& value, const char* name);

  /** `name` is not what it must be. */
  void note(const char* name, const char* expected);

  bool ok() const { return problem_.empty(); }
  /** Throws the TypeError; undefined. */
  Napi::Value throw_problem() const;

 private:
  Napi::Env env_;
  std::string problem_;
};

}  // namespace bulkhead::addon
