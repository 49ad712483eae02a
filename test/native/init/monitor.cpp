// The monitor: log, replay, clients, back-pressure, terminal, and how the end is told.
#include <doctest.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "container.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

struct World {
  ScratchDirectory scratch;
  std::string root = scratch / "root";
  std::string run = scratch / "run";
  World() {
    make_busybox_root(root);
    std::filesystem::create_directory(run);
  }
  PlanDraft draft(bool has_terminal = false) const {
    PlanDraft made(root);
    made.add_filesystem("tmpfs", "/dev", {{"mode", "755"}});
    made.add_filesystem("devpts", "/dev/pts", {{"mode", "0620"}, {"ptmxmode", "0666"}});
    if (has_terminal) made.header.stdio = plan::StdioMode::kTerminal;
    return made;
  }
  Supervised start(PlanDraft&& made, const std::string& script) const {
    return start_supervised(std::move(made), run, "main", {"sh", "-c", script});
  }
  std::string exit_line() const {
    CHECK(eventually([&] { return std::filesystem::exists(run + "/main.exit"); }));
    return read_text(run + "/main.exit");
  }
};

// regex(3): std::regex makes GCC 12 warn about itself under -fsanitize.
bool has_match(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  REQUIRE(regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) == 0);
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

bool is_gone(pid_t pid) {
  return eventually([pid] {
    const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  });
}

size_t private_kilobytes(pid_t pid) {
  const std::string rollup = read_text("/proc/" + std::to_string(pid) + "/smaps_rollup");
  const size_t at = rollup.find("\nPss:");
  REQUIRE(at != std::string::npos);
  return std::stoul(rollup.substr(at + 5));
}

}  // namespace

TEST_CASE("monitor: log in the CRI format, exit code, exit line, and it ends itself") {
  if (!can_make_containers()) return;
  World world;
  const Supervised started =
      world.start(world.draft(), "echo out; echo err >&2; sleep 0.1; echo -n part; sleep 0.1; echo ial; exit 3");
  MonitorClient watcher(world.run, "main");
  watcher.send("watch");
  CHECK(watcher.line() == "running " + std::to_string(started.pid) + " " + std::to_string(started.start_time_ticks));
  const std::string told = watcher.line();
  CHECK(has_match(told, "^exited 3 0 0 1[0-9]{12}$"));
  CHECK(world.exit_line() == told + "\n");
  const std::string time = "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{9}Z ";
  const std::string log = read_text(world.run + "/main.log");
  CAPTURE(log);
  CHECK(has_match(log, time + "stdout F out\n"));
  CHECK(has_match(log, time + "stderr F err\n"));
  CHECK(has_match(log, time + "stdout P part\n" + time + "stdout F ial\n"));
  CHECK(is_gone(started.monitor));
  CHECK_FALSE(std::filesystem::exists(world.run + "/main.sock"));
}

TEST_CASE("monitor: the log's date is the calendar's") {
  if (!can_make_containers()) return;
  World world;
  world.start(world.draft(), "echo x");
  world.exit_line();
  time_t now = time(nullptr);
  char today[16];
  strftime(today, sizeof today, "%Y-%m-%dT%H", gmtime(&now));
  CHECK(read_text(world.run + "/main.log").starts_with(today));
}

TEST_CASE("monitor: input, its end, replay and the exit frame") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorOpenStdin;
  world.start(std::move(draft), "echo first; cat; exit 5");
  CHECK(eventually([&] { return read_text(world.run + "/main.log").find("first") != std::string::npos; }));
  MonitorClient with(world.run, "main"), without(world.run, "main");
  with.attach("attach 1 0 0");
  without.attach("attach 0 0 0");
  CHECK(with.frame().type == 5);
  CHECK(without.frame().type == 5);
  CHECK(with.frame().payload == "first\n");
  with.send_frame(0, "typed\n");
  CHECK(without.frame().payload == "typed\n");
  with.send_frame(0, "");
  std::string types;
  int code = -1;
  CHECK(with.output_until_exit(&types, &code) == "typed\n");
  CHECK(types.back() == '4');
  CHECK(code == 5);
}

TEST_CASE("monitor: a terminal of the container's own; size, signals, end of input") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft(true);
  bool has_user_namespace = false;
  SUBCASE("without a user namespace") {}
  SUBCASE("with") { has_user_namespace = true; }
  if (has_user_namespace) {
    draft.use_user_namespace();
    draft.header.root.isIdMapped = 1;
  }
  world.start(std::move(draft),
              "trap 'caught=yes' INT; stty size; tty; while [ -z $caught ]; do sleep 0.01; done; echo caught; stty "
              "size; read line; echo got $line; cat; exit 9");
  MonitorClient client(world.run, "main");
  client.attach("attach 1 33 101");
  std::string seen;
  const auto sees = [&](const std::string& text) {
    while (seen.find(text) == std::string::npos) {
      const MonitorClient::Frame next = client.frame();
      if (next.type == -1) return false;
      if (next.type == 1) seen += next.payload;
    }
    return true;
  };
  CHECK(sees("/dev/pts/0"));
  client.send_frame(3, std::string_view("\0\x2c\0\x37", 4));
  client.send_frame(7, "\x02");
  CHECK(sees("caught"));
  client.send_frame(0, "hello\n");
  CHECK(sees("got hello"));
  CHECK(seen.find("44 55") != std::string::npos);
  client.send_frame(0, "");
  int code = -1;
  client.output_until_exit(nullptr, &code);
  CHECK(code == 9);
}

TEST_CASE("monitor: nothing of a flood is lost, in the log nor at a slow client") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  world.start(std::move(draft),
              "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done; for i "
              "in 1 2 3 4 5 6 7 8 9 10; do cat /bin/busybox; done");
  MonitorClient client(world.run, "main");
  client.attach("attach 0 0 0");
  std::string output;
  int code = -1;
  for (;;) {
    const MonitorClient::Frame next = client.frame();
    if (next.type == -1) break;
    if (next.type == 4) code = next.payload[0];
    if (next.type == 1) output += next.payload;
    if (output.size() < 100'000) usleep(500);
  }
  CHECK(code == 0);
  CHECK(output.find("\n2000.aaa") != std::string::npos);
  CHECK(output.size() > 10 * std::filesystem::file_size("/bin/busybox"));
  std::ifstream log(world.run + "/main.log");
  size_t logged = 0;
  int lines = 0;
  for (std::string line; std::getline(log, line);) {
    lines++;
    logged += line.size() - std::string_view("2026-01-01T00:00:00.000000000Z stdout F ").size() +
              (line.find(" F ") == 37 ? 1 : 0);
  }
  CHECK(lines >= 2000);
  CHECK(logged == output.size());
}

TEST_CASE("monitor: a client that takes nothing stops the process, and its going lets it on") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  world.start(std::move(draft), "head -c 3000000 /proc/self/exe; head -c 3000000 /proc/self/exe; echo done >&2");
  {
    MonitorClient stuck(world.run, "main");
    stuck.attach("attach 0 0 0");
    usleep(100'000);
    CHECK_FALSE(std::filesystem::exists(world.run + "/main.exit"));
  }
  CHECK(world.exit_line().starts_with("exited 0 0 0 "));
}

TEST_CASE("monitor: clients that speak nonsense are cut off, others are served") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorOpenStdin;
  const Supervised started = world.start(std::move(draft), "cat");
  for (const char* nonsense : {"frobnicate", "attach", "attach 1 2", "attach 1 x 3", "attach 1 99999999999 1",
                               "resize 1", "resize -1 2", "watch "}) {
    MonitorClient client(world.run, "main");
    client.send(nonsense);
    CHECK(client.line().empty());
  }
  {
    MonitorClient client(world.run, "main");
    client.send(std::string(500, 'x'));
    CHECK(client.line().empty());
  }
  for (const std::string& frame : {std::string("\x09\0\0\0\0\0\0\1x", 9), std::string("\0\0\0\0\x7f\xff\xff\xff", 8),
                                   std::string("\3\0\0\0\0\0\0\5xxxxx", 13), std::string("\1\0\0\0\0\0\0\1x", 9)}) {
    MonitorClient client(world.run, "main");
    client.attach("attach 0 0 0");
    CHECK(client.frame().type == 5);
    REQUIRE(send(client.fd(), frame.data(), frame.size(), MSG_NOSIGNAL) > 0);
    CHECK(client.frame().type == -1);
  }
  MonitorClient client(world.run, "main");
  client.attach("attach 0 0 0");
  CHECK(client.frame().type == 5);
  // A frame may come in any pieces.
  for (const char byte : std::string("\0\0\0\0\0\0\0\3ok\n", 11))
    REQUIRE(send(client.fd(), &byte, 1, MSG_NOSIGNAL) == 1);
  CHECK(client.frame().payload == "ok\n");
  kill(started.pid, SIGKILL);
  CHECK(world.exit_line().starts_with("exited 137 9 0 "));
}

TEST_CASE("monitor: small, deaf to signals, and its death is the process's") {
  if (!can_make_containers()) return;
  World world;
  const Supervised started = world.start(world.draft(), "sleep 100");
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD}) kill(started.monitor, signal);
  usleep(20'000);
  MonitorClient watcher(world.run, "main");
  watcher.send("watch");
  CHECK(watcher.line().starts_with("running "));
  CHECK(private_kilobytes(started.monitor) <= 128);
  kill(started.monitor, SIGKILL);
  CHECK(is_gone(started.pid));
}

TEST_CASE("monitor: a process that has ended before its first client came keeps its output for him") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  world.start(std::move(draft), "echo fast; exit 4");
  CHECK(world.exit_line().starts_with("exited 4 0 0 "));
  MonitorClient client(world.run, "main");
  client.attach("attach 0 0 0");
  int code = -1;
  CHECK(client.output_until_exit(nullptr, &code) == "fast\n");
  CHECK(code == 4);
}

TEST_CASE("monitor: a terminal that the process has closed altogether is heard when it is opened again") {
  if (!can_make_containers()) return;
  World world;
  world.start(world.draft(true), "exec <&- >&- 2>&-; sleep 0.3; echo back >/dev/console; exit 3");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(world.exit_line().starts_with("exited 3 0 0 "));
  CHECK(read_text(world.run + "/main.log").find(" back\r\n") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
}

TEST_CASE("monitor: what a client has sent before it closed arrives, the end of input too") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft = world.draft();
  draft.header.monitor.flags = plan::kMonitorOpenStdin;
  world.start(std::move(draft), "sleep 0.3; wc -c");
  {
    MonitorClient client(world.run, "main");
    client.attach("attach 0 0 0");
    for (int i = 0; i < 16; i++) client.send_frame(0, std::string(8192, 'x'));
    client.send_frame(0, "");
  }
  CHECK(world.exit_line().starts_with("exited 0 0 0 "));
  CHECK(read_text(world.run + "/main.log").find(" 131072\n") != std::string::npos);
}

TEST_CASE("monitor: attached clients leave places for those who watch") {
  if (!can_make_containers()) return;
  World world;
  const Supervised started = world.start(world.draft(), "sleep 100");
  std::vector<std::unique_ptr<MonitorClient>> clients;
  for (int i = 0; i < 60; i++) {
    clients.push_back(std::make_unique<MonitorClient>(world.run, "main"));
    clients.back()->attach("attach 0 0 0");
    if (i == 0) CHECK(clients[0]->frame().type == 5);
  }
  MonitorClient watcher(world.run, "main");
  watcher.send("watch");
  CHECK(watcher.line().starts_with("running "));
  CHECK(clients.back()->frame().type == -1);
  kill(started.pid, SIGKILL);
}
