#include "core/systemd/bus.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bulkhead::systemd {
namespace {

constexpr std::size_t kMaxLineBytes = 512;
/** More than that many signals that nobody has asked for are no answer. */
constexpr std::size_t kMaxKeptSignals = 1024;

Error failure(int number, std::string_view object) { return make_error("systemd", number, object); }

std::string hexadecimal(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    result += kDigits[static_cast<unsigned char>(c) >> 4];
    result += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return result;
}

Error error_of(const Message& answer) {
  MessageReader reader(answer.body);
  const std::string text = answer.signature.starts_with('s') ? std::string(reader.string()) : std::string();
  return failure(0, answer.error_name + ": " + text);
}

}  // namespace

bool is_error_named(const Error& error, std::string_view name) {
  return error.step == "systemd" && error.number == 0 && error.object.starts_with(std::string(name) + ": ");
}

Result<Bus> Bus::connect(const std::string& path, Kind kind, int timeout_ms) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failure(ENAMETOOLONG, path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure(errno, path);
  Bus bus(std::move(fd), kind, Clock::now() + std::chrono::milliseconds(timeout_ms));
  BULKHEAD_TRY(bus.authenticate());
  if (kind == Kind::kDaemon) BULKHEAD_TRY(bus.say_hello());
  return bus;
}

/** SASL EXTERNAL: the kernel says who we are (SO_PEERCRED), we only agree. */
Result<void> Bus::authenticate() {
  const std::string uid = hexadecimal(std::to_string(geteuid()));
  BULKHEAD_TRY(send(std::string(1, '\0') + "AUTH EXTERNAL " + uid + "\r\n"));
  const std::string line = BULKHEAD_TRY(receive_line());
  if (!line.starts_with("OK ")) return failure(EACCES, "authentication: " + line);
  return send("BEGIN\r\n");
}

Result<void> Bus::say_hello() {
  const char* name = "org.freedesktop.DBus";
  BULKHEAD_TRY(call({name, "/org/freedesktop/DBus", name, "Hello", {}, {}}));
  return {};
}

Result<Message> Bus::call(const Call& call) {
  Message message;
  message.type = MessageType::kCall;
  message.serial = ++serial_;
  if (kind_ == Kind::kDaemon) message.destination = call.destination;
  message.path = call.path;
  message.interface = call.interface;
  message.member = call.member;
  message.signature = call.signature;
  message.body = call.body;
  BULKHEAD_TRY(send(encode(message)));
  for (;;) {
    Message answer = BULKHEAD_TRY(receive_message());
    if (answer.type == MessageType::kSignal) {
      if (signals_.size() == kMaxKeptSignals) return failure(EPROTO, "too many signals");
      signals_.push_back(std::move(answer));
      continue;
    }
    // A daemon lets through only the answer of who was asked.
    if (answer.type == MessageType::kCall || answer.reply_serial != serial_) continue;
    partner_ = answer.sender;
    if (answer.type == MessageType::kError) return error_of(answer);
    return answer;
  }
}

Result<Message> Bus::wait_for_signal(std::string_view interface, std::string_view member,
                                     const std::function<bool(const Message&)>& is_wanted) {
  for (;;) {
    Message signal;
    if (signals_.empty()) {
      signal = BULKHEAD_TRY(receive_message());
    } else {
      signal = std::move(signals_.front());
      signals_.pop_front();
    }
    // Anybody on a bus may send a signal of any name to us; the daemon writes the sender.
    if (signal.type == MessageType::kSignal && signal.sender == partner_ && signal.interface == interface &&
        signal.member == member && is_wanted(signal))
      return signal;
  }
}

Result<void> Bus::wait(short events) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd ready{fd_.get(), events, 0};
    const int count = left <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
    if (count > 0) return {};
    if (count == 0) return failure(ETIMEDOUT, "no answer");
    if (errno != EINTR) return failure(errno, "poll");
  }
}

Result<void> Bus::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(size));
    else if (errno == EAGAIN)
      BULKHEAD_TRY(wait(POLLOUT));
    else if (errno != EINTR)
      return failure(errno, "send");
  }
  return {};
}

Result<std::size_t> Bus::receive(char* into, std::size_t size) {
  for (;;) {
    const ssize_t count = recv(fd_.get(), into, size, 0);
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) return failure(ECONNRESET, "the connection was closed");
    if (errno == EAGAIN)
      BULKHEAD_TRY(wait(POLLIN));
    else if (errno != EINTR)
      return failure(errno, "recv");
  }
}

/** Byte by byte: what follows the line is not text any more. */
Result<std::string> Bus::receive_line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    if (line.size() == kMaxLineBytes) return failure(EPROTO, "authentication");
    char c = 0;
    BULKHEAD_TRY(receive(&c, 1));
    line += c;
  }
  line.resize(line.size() - 2);
  return line;
}

Result<std::string> Bus::receive_exactly(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) have += BULKHEAD_TRY(receive(bytes.data() + have, size - have));
  return bytes;
}

Result<Message> Bus::receive_message() {
  std::string bytes = BULKHEAD_TRY(receive_exactly(kMessagePrefixBytes));
  const std::size_t size = BULKHEAD_TRY(message_size(bytes));
  bytes += BULKHEAD_TRY(receive_exactly(size - kMessagePrefixBytes));
  return decode(bytes);
}

}  // namespace bulkhead::systemd
