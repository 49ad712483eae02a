// Attached clients: frames in and out (protocol/streams.ts). Nothing that a client sends or fails to take can stop the
// monitor: sends never wait, a frame that is out of order ends the connection.
#include "monitor_state.h"

namespace bulkhead::init {

namespace {

constexpr size_t kOwnBytes = kFrameHeader + kReplayBytes;

uint32_t payload_size(const Client& client) {
  const unsigned char* h = client.header;
  return static_cast<uint32_t>(h[4]) << 24 | static_cast<uint32_t>(h[5]) << 16 | static_cast<uint32_t>(h[6]) << 8 |
         h[7];
}

bool is_allowed(Frame type, uint32_t size) {
  if (type == Frame::kStdin) return size <= kPayloadMax;
  return (type == Frame::kResize && size == 4) || (type == Frame::kSignal && size == 1);
}

// Sends [*sent, size); false: the client is gone. What it can't take now stays.
bool send_some(const Client& client, const char* bytes, uint32_t size, uint32_t* sent) {
  while (*sent < size) {
    const long n = sys::send(client.fd, bytes + *sent, size - *sent, sys::kDontWait);
    if (n == -EAGAIN) return true;
    if (n < 0 && n != -EINTR) return false;
    if (n > 0) *sent += static_cast<uint32_t>(n);
  }
  return true;
}

void release_own(Client& client) {
  if (client.own != nullptr) sys::munmap(client.own, kOwnBytes);
  client.own = nullptr;
  client.own_size = client.own_sent = 0;
}

void act(Monitor& monitor, Client& client) {
  const auto type = static_cast<Frame>(client.header[0]);
  const unsigned char* p = client.small;
  if (type == Frame::kStdin && client.payload_size == 0) monitor.input_closes = true;
  if (type == Frame::kResize)
    set_terminal_size(monitor, static_cast<unsigned>(p[0] << 8 | p[1]), static_cast<unsigned>(p[2] << 8 | p[3]));
  if (type == Frame::kSignal) send_signal(monitor, p[0]);
}

// One step over `bytes`: how many were used; 0: the frame is not allowed.
size_t take_bytes(Monitor& monitor, Client& client, const char* bytes, size_t size) {
  if (client.header_size < kFrameHeader) {
    client.header[client.header_size++] = static_cast<unsigned char>(*bytes);
    if (client.header_size < kFrameHeader) return 1;
    client.payload_left = client.payload_size = payload_size(client);
    if (!is_allowed(static_cast<Frame>(client.header[0]), client.payload_size)) return 0;
    size = 1;
  } else {
    if (size > client.payload_left) size = client.payload_left;
    const bool is_input = client.header[0] == static_cast<unsigned char>(Frame::kStdin);
    char* to = is_input ? monitor.input + monitor.input_size
                        : reinterpret_cast<char*>(client.small) + (client.payload_size - client.payload_left);
    __builtin_memcpy(to, bytes, size);
    if (is_input) monitor.input_size += static_cast<uint32_t>(size);
    client.payload_left -= static_cast<uint32_t>(size);
  }
  if (client.payload_left == 0) {
    act(monitor, client);
    client.header_size = 0;
  }
  return size;
}

// One that is gone makes room: whoever is there counts more than input that nobody reads.
Client* place_for_attached(Monitor& monitor) {
  Client* free_place = nullptr;
  Client* gone = nullptr;
  int attached = 0;
  for (Client& client : monitor.clients) {
    if (client.kind == ClientKind::kFree) free_place = &client;
    if (client.kind != ClientKind::kAttached) continue;
    attached++;
    if (client.is_gone) gone = &client;
  }
  if (attached < kMaxAttached) return free_place;
  if (gone != nullptr) drop_client(*gone);
  return gone;
}

}  // namespace

bool has_unsent(const Monitor& monitor, const Client& client) {
  return client.kind == ClientKind::kAttached && !client.is_gone &&
         (client.own_sent < client.own_size || client.chunk_sent < monitor.chunk_size);
}

bool has_unsent(const Monitor& monitor) {
  for (const Client& client : monitor.clients) {
    if (has_unsent(monitor, client)) return true;
  }
  return false;
}

void drop_client(Client& client) {
  sys::close(client.fd);
  if (client.passed_fd >= 0) sys::close(client.passed_fd);
  release_own(client);
  client = Client{};
}

void drop_slow_clients(Monitor& monitor) {
  for (Client& client : monitor.clients) {
    if (has_unsent(monitor, client)) drop_client(client);
  }
}

void lose_client(Client& client) {
  client.is_gone = true;
  if (client.kind != ClientKind::kAttached || client.input_ended) drop_client(client);
}

void send_to_client(Monitor& monitor, Client& client) {
  const bool is_there =
      send_some(client, client.own, client.own_size, &client.own_sent) &&
      (client.own_sent < client.own_size || send_some(client, monitor.chunk, monitor.chunk_size, &client.chunk_sent));
  if (!is_there) {
    lose_client(client);
  } else if (client.own != nullptr && client.own_sent == client.own_size) {
    release_own(client);
  }
}

// At most one buffer of input at a time: the next is read only when this one is written (back-pressure to the client).
void hear_frames(Monitor& monitor, Client& client) {
  if (monitor.input_size > 0) return;
  char bytes[kInputBytes];
  const long size = sys::recv(client.fd, bytes, sizeof bytes, sys::kDontWait);
  if (size == -EAGAIN || size == -EINTR) return;
  if (size <= 0) {
    client.input_ended = true;
    if (client.is_gone) drop_client(client);
    return;
  }
  for (size_t used = 0; used < static_cast<size_t>(size);) {
    const size_t step = take_bytes(monitor, client, bytes + used, static_cast<size_t>(size) - used);
    if (step == 0) {
      drop_client(client);
      break;
    }
    used += step;
  }
  if (monitor.input_size > 0 || monitor.input_closes) write_input(monitor);
}

void add_attached(Monitor& monitor, int fd, bool with_replay) {
  Client* place = place_for_attached(monitor);
  const long own =
      place == nullptr ? -ENOSPC : sys::mmap(kOwnBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (own < 0 && own > -4096) {
    sys::close(fd);
    return;
  }
  *place = Client{};
  place->kind = ClientKind::kAttached;
  place->fd = fd;
  place->own = reinterpret_cast<char*>(own);
  put_frame_header(place->own, Frame::kReady, 0);
  place->own_size = kFrameHeader;
  place->chunk_sent = monitor.chunk_size;  // what is under way to others was there before it came
  if (with_replay) {
    __builtin_memcpy(place->own + kFrameHeader, monitor.replay, monitor.replay_size);
    place->own_size += monitor.replay_size;
  }
  monitor.awaits_attach = false;
  send_to_client(monitor, *place);
}

}  // namespace bulkhead::init
