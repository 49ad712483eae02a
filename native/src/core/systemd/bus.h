// A connection to the message bus on which systemd listens: the handshake, calls and their answers, signals. Blocking, each
// step with a deadline; whatever the other end says is checked. Knows no method of systemd's.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"
#include "core/systemd/message.h"

namespace bulkhead::systemd {

struct Call {
  std::string destination;
  std::string path;
  std::string interface;
  std::string member;
  std::string signature;
  std::string body;
};

/** The error of a call that was answered by one: "org.freedesktop.systemd1.NoSuchUnit: Unit x.scope not loaded." */
bool is_error_named(const Error& error, std::string_view name);

class Bus {
 public:
  enum class Kind {
    /** A bus daemon between the two ends: says who is who, and passes on the signals that were asked for. */
    kDaemon,
    /** The other end itself. */
    kPeer,
  };

  /** Connects to the socket at `path`. All that is done with this connection must be done within `timeout_ms`. */
  static Result<Bus> connect(const std::string& path, Kind kind, int timeout_ms);

  Kind kind() const { return kind_; }

  /** The answer. Error: step "systemd"; of an error answer number 0, object its name and text. */
  Result<Message> call(const Call& call);

  /** The next signal `member` of `interface` that whoever answered the last call has sent and `is_wanted` says yes to. */
  Result<Message> wait_for_signal(std::string_view interface, std::string_view member,
                                  const std::function<bool(const Message&)>& is_wanted);

 private:
  using Clock = std::chrono::steady_clock;
  Bus(UniqueFd fd, Kind kind, Clock::time_point deadline) : fd_(std::move(fd)), kind_(kind), deadline_(deadline) {}

  Result<void> authenticate();
  Result<void> say_hello();
  Result<void> send(std::string_view bytes);
  Result<void> wait(short events);
  Result<std::size_t> receive(char* into, std::size_t size);
  Result<std::string> receive_line();
  Result<std::string> receive_exactly(std::size_t size);
  Result<Message> receive_message();

  UniqueFd fd_;
  Kind kind_;
  Clock::time_point deadline_;
  std::uint32_t serial_ = 0;
  /** The unique name of who answered; of a peer: none. */
  std::string partner_;
  /** Signals that came before they were waited for. */
  std::deque<Message> signals_;
};

}  // namespace bulkhead::systemd
