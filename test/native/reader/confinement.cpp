// What the reader process is allowed, as the kernel tells of it while it waits in the middle of its work.
#include <doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/reader/channel.h"
#include "core/reader/chunk_source.h"
#include "core/reader/reader_process.h"
#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;
namespace fs = std::filesystem;

namespace {

/** A reader that has filled all chunks and waits for one to come back. */
class Waiting {
 public:
  Waiting() {
    char pattern[] = "/tmp/bulkhead-blob-XXXXXX";
    close(mkstemp(pattern));
    write_file(pattern, TarWriter().file("f", std::string(2 * channel::kMemoryBytes, 'x')).finish());
    blob_.reset(open(pattern, O_RDONLY | O_CLOEXEC));
    unlink(pattern);
    auto started = ReaderProcess::start(blob_.get(), channel::kReadEntries);
    REQUIRE_MESSAGE(started.ok(), started.error().object);
    reader_.emplace(started.take());
    ChunkSource chunks(reader_->memory(), reader_->socket(), control_);
    const auto first = chunks.next();
    REQUIRE_MESSAGE(first.ok(), first.error().object);
  }

  ReaderProcess& reader() { return *reader_; }
  void end() { reader_.reset(); }
  std::string proc(const std::string& name) const { return "/proc/" + std::to_string(reader_->pid()) + "/" + name; }
  /** A line of /proc/<pid>/status, its words separated by single spaces. */
  std::string status(const std::string& key) const {
    std::ifstream file(proc("status"));
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(key + ":")) continue;
      std::istringstream words(line.substr(key.size() + 1));
      std::string text;
      for (std::string word; words >> word;) text += (text.empty() ? "" : " ") + word;
      return text;
    }
    return "?";
  }

 private:
  const ReadControl control_;
  UniqueFd blob_;
  std::optional<ReaderProcess> reader_;
};

std::string link_of(const std::string& path) {
  std::error_code error;
  return fs::read_symlink(path, error).string();
}

}  // namespace

TEST_CASE("reader: it has no rights" * doctest::skip(geteuid() != 0)) {
  Waiting waiting;
  const std::string id = "2147352578";
  CHECK(waiting.status("Uid") == id + " " + id + " " + id + " " + id);
  CHECK(waiting.status("Gid") == id + " " + id + " " + id + " " + id);
  CHECK(waiting.status("Groups") == "");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    CAPTURE(set);
    CHECK(waiting.status(set) == "0000000000000000");
  }
  CHECK(waiting.status("NoNewPrivs") == "1");
  CHECK(waiting.status("Seccomp") == "2");
  CHECK(waiting.status("TracerPid") == "0");
}

TEST_CASE("reader: both of its threads are under the filter" * doctest::skip(geteuid() != 0)) {
  Waiting waiting;
  int threads = 0;
  for (const auto& thread : fs::directory_iterator(waiting.proc("task"))) {
    const std::string status = read_file(thread.path() / "status");
    CHECK(status.find("\nSeccomp:\t2\n") != std::string::npos);
    CHECK(status.find("\nCapPrm:\t0000000000000000\n") != std::string::npos);
    ++threads;
  }
  CHECK(threads == 2);
}

TEST_CASE("reader: its namespaces are its own" * doctest::skip(geteuid() != 0)) {
  const Waiting waiting;
  for (const char* name : {"mnt", "pid", "net", "ipc", "uts", "cgroup"}) {
    CAPTURE(name);
    const std::string its = link_of(waiting.proc(std::string("ns/") + name));
    CHECK(its.starts_with(name));
    CHECK(its != link_of(std::string("/proc/self/ns/") + name));
  }
  CHECK(waiting.status("NSpid").ends_with(" 1"));
  const std::string links = read_file(waiting.proc("net/dev"));
  // Two lines of heading, and lo.
  CHECK(std::count(links.begin(), links.end(), '\n') == 3);
}

TEST_CASE("reader: it sees no file system, and holds the blob and its socket" * doctest::skip(geteuid() != 0)) {
  const Waiting waiting;
  CHECK(fs::is_empty(waiting.proc("root/")));
  CHECK(fs::is_empty(waiting.proc("cwd/")));
  const std::string mounts = read_file(waiting.proc("mountinfo"));
  CHECK(std::count(mounts.begin(), mounts.end(), '\n') == 1);
  CHECK(mounts.find(" ro,nosuid,nodev,noexec") != std::string::npos);
  std::vector<std::string> open;
  for (const auto& fd : fs::directory_iterator(waiting.proc("fd"))) open.push_back(link_of(fd.path()));
  std::sort(open.begin(), open.end());
  REQUIRE(open.size() == 2);
  CHECK(open[0].starts_with("/tmp/bulkhead-blob-"));
  CHECK(open[1].starts_with("socket:"));
  const std::string info = read_file(waiting.proc("fdinfo/3"));
  // The access mode is the last octal digit: reading.
  const std::size_t flags = info.find("flags:");
  CHECK(info[info.find('\n', flags) - 1] == '0');
}

TEST_CASE("reader: nobody but root can attach to it or look into it" * doctest::skip(geteuid() != 0)) {
  const Waiting waiting;
  // Not dumpable: its files in /proc are root's.
  CHECK(waiting.status("CoreDumping") == "0");
  struct stat status {};
  REQUIRE(stat(waiting.proc("fd").c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

TEST_CASE("reader: it goes with what started it, at once" * doctest::skip(geteuid() != 0)) {
  Waiting waiting;
  const pid_t pid = waiting.reader().pid();
  CHECK(kill(pid, 0) == 0);
  waiting.end();
  CHECK(kill(pid, 0) != 0);
  CHECK(errno == ESRCH);
}

TEST_CASE("reader: a process that is killed is told of, and leaves nothing" * doctest::skip(geteuid() != 0)) {
  Waiting waiting;
  kill(waiting.reader().pid(), SIGKILL);
  const ReadControl control;
  // What it had sent may be read; then the end is seen.
  ChunkSource chunks(waiting.reader().memory(), waiting.reader().socket(), control);
  auto bytes = chunks.next();
  while (bytes.ok()) bytes = chunks.next();
  CHECK(bytes.error().step == "read-archive");
  CHECK(bytes.error().number == EPIPE);
}
