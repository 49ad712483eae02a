// The process's streams at the monitor: output into log, replay and clients; input and signals from clients.
#include "monitor_state.h"

namespace bulkhead::init {

namespace {

constexpr char kEndOfTransmission = 4;  // what closes a terminal's input (termios(3), VEOF)

// Keeps whole frames, the newest, as many as fit.
void remember(Monitor& monitor, Frame type, const char* bytes, size_t size) {
  const size_t most = kReplayBytes - kFrameHeader;
  if (size > most) bytes += size - most, size = most;
  size_t drop = 0;
  while (monitor.replay_size - drop + kFrameHeader + size > kReplayBytes) {
    const auto* header = reinterpret_cast<const unsigned char*>(monitor.replay + drop);
    drop += kFrameHeader + (static_cast<size_t>(header[4]) << 24 | static_cast<size_t>(header[5]) << 16 |
                            static_cast<size_t>(header[6]) << 8 | header[7]);
  }
  __builtin_memmove(monitor.replay, monitor.replay + drop, monitor.replay_size - drop);
  monitor.replay_size -= static_cast<uint32_t>(drop);
  put_frame_header(monitor.replay + monitor.replay_size, type, size);
  __builtin_memcpy(monitor.replay + monitor.replay_size + kFrameHeader, bytes, size);
  monitor.replay_size += static_cast<uint32_t>(kFrameHeader + size);
}

void close_stream(int* fd) {
  sys::close(*fd);
  *fd = -1;
}

void end_output(Monitor& monitor, int* fd, long result) {
  const bool is_empty = result == -EAGAIN || result == -EINTR;
  if (is_empty && !monitor.has_ended) return;
  // EIO although this process holds the other end: it was hung up (a session leader ended, vhangup(2)). What is opened
  // from now on is heard again.
  if (monitor.is_terminal && !monitor.has_ended) {
    release_terminal(monitor);
    monitor.is_hung_up = !hold_terminal(monitor);
    return;
  }
  if (monitor.is_terminal) monitor.streams.input = -1;
  close_stream(fd);
}

int foreground_group(const Monitor& monitor) {
  int group = 0;
  return sys::ioctl(monitor.streams.output, TIOCGPGRP, &group) < 0 ? 0 : group;
}

// A group has no descriptor. Its leader has: while he is there (and has that number, looked at after the pidfd is open) nobody
// else's group can be called by it. Without him (he ended before the others of a pipeline) and before Linux 6.9 there is only
// the number, read once more.
bool signal_group(const Monitor& monitor, int group, int signal) {
  constexpr unsigned long kProcessGroup = 4;  // PIDFD_SIGNAL_PROCESS_GROUP
  const long leader = sys::pidfd_open(group);
  if (foreground_group(monitor) != group) return false;
  long result = leader;
  if (leader >= 0) {
    result = sys::call(__NR_pidfd_send_signal, leader, signal, nullptr, kProcessGroup);
    sys::close(static_cast<int>(leader));
  }
  return result == 0 || sys::kill(-group, signal) == 0;
}

// What keys send the kernel sends itself, to the group that is in front at that instant (tty_ioctl(4), TIOCSIG).
bool signal_foreground(const Monitor& monitor, int signal) {
  const int group = foreground_group(monitor);
  if (group <= 1) return false;
  constexpr unsigned long kSendKeySignal = 0x40045436;  // TIOCSIG
  const bool is_key = signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP;
  if (is_key && sys::ioctl(monitor.streams.output, kSendKeySignal, static_cast<long>(signal)) == 0) return true;
  return signal_group(monitor, group, signal);
}

}  // namespace

void put_frame_header(char* at, Frame type, size_t size) {
  const unsigned char header[kFrameHeader] = {static_cast<unsigned char>(type),
                                              0,
                                              0,
                                              0,
                                              static_cast<unsigned char>(size >> 24),
                                              static_cast<unsigned char>(size >> 16),
                                              static_cast<unsigned char>(size >> 8),
                                              static_cast<unsigned char>(size)};
  __builtin_memcpy(at, header, kFrameHeader);
}

void hand_out(Monitor& monitor, Frame type, size_t size) {
  put_frame_header(monitor.chunk, type, size);
  monitor.chunk_size = static_cast<uint32_t>(kFrameHeader + size);
  for (Client& client : monitor.clients) {
    if (client.kind != ClientKind::kAttached) continue;
    client.chunk_sent = 0;
    send_to_client(monitor, client);
  }
}

void take_output(Monitor& monitor, int* fd, Frame type) {
  if (*fd < 0) return;
  char* bytes = monitor.chunk + kFrameHeader;
  const long size = sys::read(*fd, bytes, kPayloadMax);
  if (size <= 0) {
    end_output(monitor, fd, size);
    return;
  }
  monitor.log.append(type == Frame::kStderr ? "stderr" : "stdout", bytes, static_cast<size_t>(size));
  remember(monitor, type, bytes, static_cast<size_t>(size));
  hand_out(monitor, type, static_cast<size_t>(size));
}

// By ioctl on the master, never by a name (as in streams.cpp). Not to become this session's controlling one.
bool hold_terminal(Monitor& monitor) {
  constexpr unsigned long kOpenPeer = 0x5441;  // TIOCGPTPEER
  const long peer =
      sys::ioctl(monitor.streams.output, kOpenPeer, static_cast<long>(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  monitor.terminal_peer = peer < 0 ? -1 : static_cast<int>(peer);
  return peer >= 0;
}

void release_terminal(Monitor& monitor) {
  if (monitor.terminal_peer >= 0) close_stream(&monitor.terminal_peer);
}

void write_input(Monitor& monitor) {
  if (monitor.streams.input >= 0 && monitor.input_sent < monitor.input_size) {
    const long written =
        sys::write(monitor.streams.input, monitor.input + monitor.input_sent, monitor.input_size - monitor.input_sent);
    if (written == -EAGAIN || written == -EINTR) return;
    // A process that has closed its standard input does not want it: the rest is dropped.
    monitor.input_sent = written < 0 ? monitor.input_size : monitor.input_sent + static_cast<uint32_t>(written);
  }
  if (monitor.streams.input >= 0 && monitor.input_sent < monitor.input_size) return;
  monitor.input_size = monitor.input_sent = 0;
  if (!monitor.input_closes) return;
  monitor.input_closes = false;
  if (monitor.is_terminal) {
    monitor.input[0] = kEndOfTransmission;
    monitor.input_size = 1;
  } else if (monitor.streams.input >= 0) {
    close_stream(&monitor.streams.input);
  }
}

void set_terminal_size(Monitor& monitor, unsigned rows, unsigned columns) {
  if (!monitor.is_terminal || rows == 0 || columns == 0) return;
  const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  sys::ioctl(monitor.streams.output, TIOCSWINSZ, &size);
}

// To the terminal's foreground group, as a key would; without one to the process itself, by its pidfd.
void send_signal(Monitor& monitor, int signal) {
  if (signal < 1 || signal > 64 || monitor.has_ended) return;
  if (monitor.is_terminal && signal_foreground(monitor, signal)) return;
  sys::pidfd_send_signal(monitor.context->child_pidfd, signal);
}

}  // namespace bulkhead::init
