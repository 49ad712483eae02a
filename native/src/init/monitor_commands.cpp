// The monitor's socket: lines of commands, of which `attach` brings a descriptor (docs/architecture.md).
#include "monitor_state.h"
#include "socket.h"

namespace bulkhead::init {

namespace {

struct UnixAddress {
  unsigned short family = sys::kUnix;
  char path[108] = {};
};
struct PeerCredentials {
  int pid;
  uint32_t uid;
  uint32_t gid;
};
constexpr int kSolSocket = 1;
constexpr int kPeerCredentials = 17;  // SO_PEERCRED
constexpr int kBacklog = 16;

// Bound through the run directory's descriptor: the address then fits, however deep that directory lies.
bool put_address(UnixAddress& address, int directory, const char* name) {
  Buffer<sizeof address.path> path;
  path.put("/proc/self/fd/").number(directory).put('/').put(name);
  __builtin_memcpy(address.path, path.text(), path.size());
  return !path.overflowed();
}

// The directory is root's alone; the kernel's word for it costs little.
bool is_root(int fd) {
  PeerCredentials peer{};
  int size = sizeof peer;
  return sys::call(__NR_getsockopt, fd, kSolSocket, kPeerCredentials, &peer, &size) == 0 && peer.uid == 0;
}

// Up to three numbers behind the command's word.
int parse_numbers(const char* text, unsigned* numbers) {
  int count = 0;
  while (*text == ' ' && count < 3) {
    const char* first = ++text;
    while (*text >= '0' && *text <= '9') text++;
    uint64_t value;
    if (!parse_number(first, text, 65535, &value)) return -1;
    numbers[count++] = static_cast<unsigned>(value);
  }
  return *text == '\0' ? count : -1;
}

void become_watcher(Monitor& monitor, Client& client) {
  client.kind = ClientKind::kWatcher;
  Buffer<64> line;
  line.put("running ").number(monitor.context->child).put(' ').number(monitor.start_time_ticks).put('\n');
  if (sys::send(client.fd, line.text(), line.size(), sys::kDontWait) < 0) drop_client(client);
}

void attach(Monitor& monitor, Client& client, const unsigned* numbers) {
  const int fd = client.passed_fd;
  client.passed_fd = -1;
  drop_client(client);
  set_terminal_size(monitor, numbers[1], numbers[2]);
  if (fd >= 0) add_attached(monitor, fd, numbers[0] != 0);
}

void obey(Monitor& monitor, Client& client) {
  unsigned numbers[3];
  const char* line = client.line;
  if (equal(line, "watch")) {
    become_watcher(monitor, client);
  } else if (starts_with(line, "attach ") && parse_numbers(line + 6, numbers) == 3) {
    attach(monitor, client, numbers);
  } else if (starts_with(line, "resize ") && parse_numbers(line + 6, numbers) == 2) {
    set_terminal_size(monitor, numbers[0], numbers[1]);
  } else {
    drop_client(client);
  }
}

void hear_command(Monitor& monitor, Client& client) {
  size_t count = 0;
  int fd = -1;
  const long size = receive_with_fds(client.fd, client.line + client.line_size,
                                     sizeof client.line - 1 - client.line_size, &fd, 1, &count, sys::kDontWait);
  if (size == -EAGAIN || size == -EINTR) return;
  if (count > 0) {
    if (client.passed_fd >= 0) sys::close(client.passed_fd);
    client.passed_fd = fd;
  }
  if (size <= 0) {
    drop_client(client);
    return;
  }
  client.line_size += static_cast<uint32_t>(size);
  client.line[client.line_size] = '\0';
  while (client.kind == ClientKind::kCommand) {
    const char* end = find(client.line, '\n');
    if (end == nullptr) break;
    const auto used = static_cast<uint32_t>(end - client.line + 1);
    client.line[used - 1] = '\0';
    const int own = client.fd;
    obey(monitor, client);
    if (client.kind != ClientKind::kCommand || client.fd != own) return;
    __builtin_memmove(client.line, client.line + used, client.line_size - used + 1);
    client.line_size -= used;
  }
  if (client.line_size == sizeof client.line - 1) drop_client(client);
}

// A watcher has nothing to say; the end of its connection is all there is to hear.
void hear_watcher(Client& client) {
  char bytes[64];
  const long size = sys::recv(client.fd, bytes, sizeof bytes, sys::kDontWait);
  if (size == 0 || (size < 0 && size != -EAGAIN && size != -EINTR)) drop_client(client);
}

}  // namespace

int listen_for_clients(Context& context) {
  const auto& monitor = context.plan->monitor;
  const char* name = context.text(monitor.socketName);
  enter(context, plan::Step::kMonitor, name);
  const int directory = slot_fd(monitor.runDirectory);
  UnixAddress address;
  if (!put_address(address, directory, name)) fail(context, -ENAMETOOLONG);
  const int fd = must(context, sys::socket(sys::kUnix, sys::kStream | sys::kSockNonblock, 0));
  sys::unlinkat(directory, name, 0);  // left over by a monitor that was killed
  const long mask = sys::umask(0177);
  must(context, sys::call(__NR_bind, fd, &address, sizeof address));
  sys::umask(static_cast<unsigned>(mask));
  must(context, sys::call(__NR_listen, fd, kBacklog));
  return fd;
}

void remove_socket_name(const Context& context) {
  const auto& monitor = context.plan->monitor;
  if (monitor.mode == plan::MonitorMode::kStay)
    sys::unlinkat(slot_fd(monitor.runDirectory), context.text(monitor.socketName), 0);
}

void accept_client(Monitor& monitor) {
  const long fd = sys::call(__NR_accept4, monitor.listener, nullptr, nullptr, sys::kSockCloexec);
  monitor.listener_rests = fd == -EMFILE || fd == -ENFILE;
  if (fd < 0) return;
  for (Client& client : monitor.clients) {
    if (client.kind != ClientKind::kFree || !is_root(static_cast<int>(fd))) continue;
    client = Client{};
    client.kind = ClientKind::kCommand;
    client.fd = static_cast<int>(fd);
    return;
  }
  sys::close(static_cast<int>(fd));
}

void hear_client(Monitor& monitor, Client& client) {
  if (client.kind == ClientKind::kCommand) {
    hear_command(monitor, client);
  } else if (client.kind == ClientKind::kWatcher) {
    hear_watcher(client);
  } else {
    hear_frames(monitor, client);
  }
}

}  // namespace bulkhead::init
