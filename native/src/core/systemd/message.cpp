#include "core/systemd/message.h"

#include <cerrno>

namespace bulkhead::systemd {
namespace {

enum Field : std::uint8_t {
  kPath = 1,
  kInterface = 2,
  kMember = 3,
  kErrorName = 4,
  kReplySerial = 5,
  kDestination = 6,
  kSender = 7,
  kSignature = 8,
};

constexpr std::uint8_t kProtocolVersion = 1;
constexpr std::size_t kMaxStringBytes = 64 * 1024;

Error bad_message(const char* object) { return make_error("systemd", EBADMSG, object); }

std::size_t rounded(std::size_t size) { return (size + 7) / 8 * 8; }

void write_field(MessageWriter& writer, Field field, std::string_view type, std::string_view value) {
  if (value.empty()) return;
  writer.align(8);
  writer.byte(field);
  writer.signature(type);
  type == "g" ? writer.signature(value) : writer.string(value);
}

/** Of one field's value; types that no field of a header has fail. */
void read_field(MessageReader& reader, Message& message) {
  reader.align(8);
  const std::uint8_t field = reader.byte();
  const std::string_view type = reader.signature();
  std::string_view text;
  std::uint32_t number = 0;
  if (type == "s" || type == "o")
    text = reader.string();
  else if (type == "g")
    text = reader.signature();
  else if (type == "u")
    number = reader.u32();
  else
    reader.fail();
  const auto take = [&](std::string& into, std::string_view wanted) {
    if (type == wanted) into = text;
  };
  switch (field) {
    case kPath:
      return take(message.path, "o");
    case kInterface:
      return take(message.interface, "s");
    case kMember:
      return take(message.member, "s");
    case kErrorName:
      return take(message.error_name, "s");
    case kReplySerial:
      message.reply_serial = number;
      return;
    case kDestination:
      return take(message.destination, "s");
    case kSender:
      return take(message.sender, "s");
    case kSignature:
      return take(message.signature, "g");
    default:
      return;
  }
}

}  // namespace

void MessageWriter::number(std::uint64_t value, std::size_t size) {
  align(size);
  for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
}

void MessageWriter::patch(std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

void MessageWriter::string(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
  bytes_ += '\0';
}

void MessageWriter::signature(std::string_view value) {
  byte(static_cast<std::uint8_t>(value.size()));
  bytes_ += value;
  bytes_ += '\0';
}

std::string_view MessageReader::take(std::size_t size) {
  if (failed_ || bytes_.size() - at_ < size) {
    fail();
    return {};
  }
  at_ += size;
  return bytes_.substr(at_ - size, size);
}

void MessageReader::align(std::size_t alignment) { take((alignment - at_ % alignment) % alignment); }

std::uint8_t MessageReader::byte() {
  const std::string_view bytes = take(1);
  return bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes.front());
}

std::uint64_t MessageReader::number(std::size_t size) {
  align(size);
  std::uint64_t value = 0;
  std::size_t shift = 0;
  for (const char c : take(size)) value |= std::uint64_t{static_cast<unsigned char>(c)} << (8 * shift++);
  return value;
}

/** A text and the NUL after it, which it must not hold itself. */
std::string_view MessageReader::terminated(std::size_t size) {
  const std::string_view bytes = take(size + 1);
  if (bytes.empty() || bytes.find('\0') != size) {
    fail();
    return {};
  }
  return bytes.substr(0, size);
}

std::string_view MessageReader::string() {
  const std::uint32_t size = u32();
  if (size > kMaxStringBytes) {
    fail();
    return {};
  }
  return terminated(size);
}

std::string_view MessageReader::signature() { return terminated(byte()); }

std::string encode(const Message& message) {
  MessageWriter writer;
  writer.byte('l');
  writer.byte(static_cast<std::uint8_t>(message.type));
  writer.byte(0);
  writer.byte(kProtocolVersion);
  writer.u32(static_cast<std::uint32_t>(message.body.size()));
  writer.u32(message.serial);
  writer.array(8, [&] {
    write_field(writer, kPath, "o", message.path);
    write_field(writer, kInterface, "s", message.interface);
    write_field(writer, kMember, "s", message.member);
    write_field(writer, kErrorName, "s", message.error_name);
    write_field(writer, kDestination, "s", message.destination);
    write_field(writer, kSender, "s", message.sender);
    write_field(writer, kSignature, "g", message.signature);
    if (message.reply_serial == 0) return;
    writer.align(8);
    writer.byte(kReplySerial);
    writer.signature("u");
    writer.u32(message.reply_serial);
  });
  writer.align(8);
  return writer.bytes() + message.body;
}

Result<std::size_t> message_size(std::string_view prefix) {
  MessageReader reader(prefix);
  // Our own order of bytes, always: both ends are on this machine.
  if (reader.byte() != 'l') return bad_message("byte order");
  reader.byte();
  reader.byte();
  if (reader.byte() != kProtocolVersion) return bad_message("protocol version");
  const std::size_t body = reader.u32();
  reader.u32();
  const std::size_t fields = reader.u32();
  if (reader.failed()) return bad_message("message");
  if (body > kMaxMessageBytes || fields > kMaxMessageBytes) return make_error("systemd", EMSGSIZE, "message");
  const std::size_t size = rounded(kMessagePrefixBytes + fields) + body;
  if (size > kMaxMessageBytes) return make_error("systemd", EMSGSIZE, "message");
  return size;
}

Result<Message> decode(std::string_view bytes) {
  if (BULKHEAD_TRY(message_size(bytes.substr(0, kMessagePrefixBytes))) != bytes.size()) return bad_message("message");
  Message message;
  MessageReader reader(bytes);
  reader.byte();
  const std::uint8_t type = reader.byte();
  message.type = static_cast<MessageType>(type);
  reader.byte();
  reader.byte();
  const std::size_t body = reader.u32();
  message.serial = reader.u32();
  const std::size_t end = kMessagePrefixBytes + reader.u32();
  // Read from its own bytes: a field that claims more than the array holds fails.
  MessageReader fields(bytes.substr(0, end));
  while (fields.position() < kMessagePrefixBytes) fields.byte();
  while (!fields.at_end()) read_field(fields, message);
  if (fields.failed() || type < 1 || type > 4) return bad_message("message");
  message.body = bytes.substr(bytes.size() - body);
  return message;
}

}  // namespace bulkhead::systemd
