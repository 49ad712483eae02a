// A record's payload in root's own memory, taken apart field by field.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/reader/errors.h"

namespace bulkhead {

class Payload {
 public:
  explicit Payload(std::string bytes) : bytes_(std::move(bytes)) {}

  template <class Fields>
  Result<Fields> take() {
    static_assert(std::is_trivially_copyable_v<Fields>);
    const std::string_view bytes = BULKHEAD_TRY(take(sizeof(Fields)));
    Fields fields;
    std::memcpy(&fields, bytes.data(), sizeof fields);
    return fields;
  }

  /** Valid as long as this is. */
  Result<std::string_view> take(std::size_t size) {
    if (size > bytes_.size() - at_) return reader_error(EPROTO, "a record that is too short");
    const std::string_view bytes = std::string_view(bytes_).substr(at_, size);
    at_ += size;
    return bytes;
  }
  /** A name: not longer than `most`, without NUL. */
  Result<std::string> text(std::size_t size, std::size_t most) {
    const std::string_view bytes = BULKHEAD_TRY(take(size));
    if (size > most || bytes.find('\0') != std::string_view::npos) return reader_error(EPROTO, "a name");
    return std::string(bytes);
  }

  std::string_view rest() const { return std::string_view(bytes_).substr(at_); }
  bool is_at_end() const { return at_ == bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace bulkhead
