// The value-or-error type of the core, which knows no exceptions. An error names the step, the errno and the object.
// Prose is made elsewhere: by the extension, or by the runtime's command line.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace bulkhead {

struct Error {
  /** The ledger's step that failed: "config", "cgroup", "mount", … */
  std::string step;
  /** A positive errno; 0 when the failure is not the kernel's (a config that can't be applied). */
  int number = 0;
  /** What the step was about: a path, a name, a field of the config such as "linux.resources.memory.limit". */
  std::string object;
};

/** An Error of `step` about `object` with the errno given (0: none). */
inline Error make_error(std::string_view step, int number, std::string_view object) {
  return Error{std::string(step), number, std::string(object)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return *std::get_if<0>(&content_); }
  const T& value() const { return *std::get_if<0>(&content_); }
  T take() { return std::move(*std::get_if<0>(&content_)); }
  Error& error() { return *std::get_if<1>(&content_); }
  const Error& error() const { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, Error> content_;
};

/** A Result without a value: default-constructed it is success. */
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  void take() const {}
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace bulkhead

/** The value of a Result; on an error, returns that error from the enclosing function. */
#define BULKHEAD_TRY(expression)                                          \
  ({                                                                      \
    auto bulkhead_result = (expression);                                  \
    if (!bulkhead_result.ok()) return std::move(bulkhead_result.error()); \
    bulkhead_result.take();                                               \
  })
