// Start: a memory of a sealed size, a pair of sockets, and a child in namespaces of its own. End: SIGKILL.
#include "core/reader/reader_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <mutex>

#include "core/plan/sealed_memfd.h"
#include "core/plan/spawn.h"
#include "core/reader/channel.h"
#include "core/reader/errors.h"

extern "C" const std::byte bulkhead_reader_image[];
extern "C" const std::byte bulkhead_reader_image_end[];

namespace bulkhead {
namespace {

constexpr const char* kName = "bulkhead-reader";
// With a pid namespace of its own it can signal nobody; without a network nobody hears of what it has read.
constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

/** In a memfd made at the first call, which stays open for good: what is started is a copy that nobody can write. */
Result<int> reader_executable() {
  static std::mutex mutex;
  static UniqueFd executable;
  const std::lock_guard lock(mutex);
  if (!executable) {
    const std::span image(bulkhead_reader_image, bulkhead_reader_image_end);
    executable = BULKHEAD_TRY(make_sealed_memfd(kName, image, MemfdUse::kExecutable));
  }
  return executable.get();
}

/** Safe to read whatever the reader does: its size can't change, so no access faults. */
Result<UniqueFd> make_memory() {
  UniqueFd fd(memfd_create("bulkhead-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const bool made = fd && ftruncate(fd.get(), channel::kMemoryBytes) == 0 &&
                    fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
  return made ? Result<UniqueFd>(std::move(fd)) : Result<UniqueFd>(reader_error(errno, "memfd_create"));
}

}  // namespace

Result<ReaderProcess> ReaderProcess::start(int blob, const char* what) {
  ReaderProcess reader;
  const int executable = BULKHEAD_TRY(reader_executable());
  const UniqueFd memory = BULKHEAD_TRY(make_memory());
  void* mapped = mmap(nullptr, channel::kMemoryBytes, PROT_READ, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) return reader_error(errno, "mmap");
  reader.memory_ = {static_cast<const std::uint8_t*>(mapped), channel::kMemoryBytes};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return reader_error(errno, "socketpair");
  reader.socket_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  const std::array fds = {blob, memory.get(), theirs.get()};
  const auto pid = spawn({executable, fds, false, false, kName, what, kNamespaces});
  if (!pid.ok()) return reader_error(pid.error().number, kName);
  reader.pid_ = pid.value();
  return reader;
}

ReaderProcess::ReaderProcess(ReaderProcess&& other) noexcept
    : memory_(std::exchange(other.memory_, {})),
      socket_(std::move(other.socket_)),
      pid_(std::exchange(other.pid_, -1)) {}

// The pid is its own until it is reaped, here and nowhere else.
ReaderProcess::~ReaderProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (!memory_.empty()) munmap(const_cast<std::uint8_t*>(memory_.data()), memory_.size());
}

}  // namespace bulkhead
