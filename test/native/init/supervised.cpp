#include <doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "container.h"
#include "core/descriptor/unix_socket.h"

namespace bulkhead::test {

Supervised start_supervised(PlanDraft&& draft, const std::string& run_directory, const std::string& name,
                            const std::vector<std::string>& arguments) {
  const int directory = open(run_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int log = open((run_directory + "/" + name + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  auto& monitor = draft.header.monitor;
  monitor.mode = plan::MonitorMode::kStay;
  monitor.runDirectory = draft.add_fd(directory);
  monitor.log = draft.add_fd(log);
  monitor.socketName = draft.text(name + ".sock");
  monitor.exitName = draft.text(name + ".exit");
  if (draft.header.stdio == plan::StdioMode::kInherit) draft.header.stdio = plan::StdioMode::kPipes;
  LaunchRequest request;
  const std::vector<int> fds = draft.fds;
  const std::vector<std::byte> bytes = std::move(draft).finish(arguments);
  request.plan = bytes;
  request.fds = fds;
  request.timeoutMs = 10'000;
  const auto outcome = launch(request);
  close(directory);
  close(log);
  if (!outcome.ok()) FAIL(outcome.error().step << ": " << outcome.error().object << " " << outcome.error().number);
  return {outcome.value().pid, outcome.value().monitorPid, outcome.value().startTimeTicks};
}

namespace {

// What should come and does not fails a test; it does not hang it.
void limit_waiting(int fd) {
  const timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

}  // namespace

MonitorClient::MonitorClient(const std::string& run_directory, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (run_directory + "/" + name + ".sock").copy(address.sun_path, sizeof address.sun_path - 1);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit_waiting(fd_);
  is_connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

MonitorClient::~MonitorClient() { close(fd_); }

void MonitorClient::attach(const std::string& command, int buffer_bytes) {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  if (buffer_bytes > 0) setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  const std::string line = command + "\n";
  REQUIRE(send_descriptor(fd_, line, ends[1]) == static_cast<ssize_t>(line.size()));
  close(ends[1]);
  close(fd_);
  fd_ = ends[0];
  limit_waiting(fd_);
}

void MonitorClient::send(const std::string& line) {
  REQUIRE(::send(fd_, (line + "\n").data(), line.size() + 1, MSG_NOSIGNAL) > 0);
}

void MonitorClient::send_frame(int type, std::string_view payload) {
  const size_t size = payload.size();
  std::string frame{static_cast<char>(type),
                    0,
                    0,
                    0,
                    static_cast<char>(size >> 24),
                    static_cast<char>(size >> 16),
                    static_cast<char>(size >> 8),
                    static_cast<char>(size)};
  frame += payload;
  for (size_t sent = 0; sent < frame.size();) {
    const ssize_t n = ::send(fd_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

std::string MonitorClient::exactly(size_t size) {
  std::string bytes(size, '\0');
  size_t done = 0;
  for (ssize_t n; done < size && (n = read(fd_, bytes.data() + done, size - done)) > 0;) done += static_cast<size_t>(n);
  bytes.resize(done);
  return bytes;
}

std::string MonitorClient::line() {
  std::string text;
  for (char c; read(fd_, &c, 1) == 1 && c != '\n';) text += c;
  return text;
}

MonitorClient::Frame MonitorClient::frame() {
  const std::string header = exactly(8);
  if (header.size() < 8) return {};
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(header[i])); };
  return {header[0], exactly(byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7))};
}

std::string MonitorClient::output_until_exit(std::string* types, int* exit_code) {
  std::string output;
  for (;;) {
    const Frame next = frame();
    if (next.type == -1) return output;
    if (next.type == 1 || next.type == 2) output += next.payload;
    if (types != nullptr) *types += static_cast<char>('0' + next.type);
    if (next.type == 4 && exit_code != nullptr) *exit_code = static_cast<unsigned char>(next.payload[0]);
  }
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace bulkhead::test
