// The wire of D-Bus, as far as talking to systemd needs it: little-endian messages of basic types, written and read with every
// length checked. Knows no socket and no method. (The D-Bus specification, "Message Protocol".)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead::systemd {

/** Larger ones are not for us: the specification allows 128 MiB, systemd's answers to these calls have some hundred bytes. */
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
/** Of these the size of a whole message can be told. */
inline constexpr std::size_t kMessagePrefixBytes = 16;

enum class MessageType : std::uint8_t { kCall = 1, kReply = 2, kError = 3, kSignal = 4 };

struct Message {
  MessageType type = MessageType::kCall;
  std::uint32_t serial = 0;
  std::uint32_t reply_serial = 0;
  std::string path;
  std::string interface;
  std::string member;
  std::string error_name;
  std::string destination;
  std::string sender;
  /** Of the body. */
  std::string signature;
  std::string body;
};

/** Values one after the other, each at its alignment from the beginning. */
class MessageWriter {
 public:
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void boolean(bool value) { u32(value ? 1 : 0); }
  /** Also of an object path. */
  void string(std::string_view value);
  void signature(std::string_view value);
  /** Before a struct, or an entry of a dictionary. */
  void align(std::size_t alignment) { bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment); }
  /** `write` writes the elements, whose type has `alignment`. */
  template <class Write>
  void array(std::size_t alignment, Write write) {
    u32(0);
    const std::size_t length_at = bytes_.size() - 4;
    align(alignment);
    const std::size_t begin = bytes_.size();
    write();
    patch(length_at, static_cast<std::uint32_t>(bytes_.size() - begin));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void number(std::uint64_t value, std::size_t size);
  void patch(std::size_t at, std::uint32_t value);
  std::string bytes_;
};

/** Reads what MessageWriter writes. What does not fit makes it fail for good; every value is empty from then on. */
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t byte();
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::string_view string();
  std::string_view signature();
  void align(std::size_t alignment);
  bool at_end() const { return at_ >= bytes_.size(); }
  std::size_t position() const { return at_; }
  bool failed() const { return failed_; }
  /** What has been read makes no sense. */
  void fail() {
    failed_ = true;
    at_ = bytes_.size();
  }

 private:
  std::uint64_t number(std::size_t size);
  std::string_view take(std::size_t size);
  std::string_view terminated(std::size_t size);
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/** The whole of it: header and body. */
std::string encode(const Message& message);

/** How long the message is that begins so; `prefix`: kMessagePrefixBytes. Error: step "systemd", EBADMSG or EMSGSIZE. */
Result<std::size_t> message_size(std::string_view prefix);

/** One message of message_size bytes. Error: step "systemd", EBADMSG. */
Result<Message> decode(std::string_view bytes);

}  // namespace bulkhead::systemd
