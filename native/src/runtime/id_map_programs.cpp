#include "runtime/id_map_programs.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "runtime/hooks.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr const char* kNewUidMap = "/usr/bin/newuidmap";
constexpr const char* kNewGidMap = "/usr/bin/newgidmap";

/** newuidmap <pid> <inside> <outside> <count> … */
std::vector<std::string> words(const char* program, pid_t pid, const std::vector<oci::IdMapping>& mappings) {
  std::vector<std::string> result = {program, std::to_string(pid)};
  for (const oci::IdMapping& mapping : mappings)
    for (const std::uint32_t number : {mapping.container_id, mapping.host_id, mapping.size})
      result.push_back(std::to_string(number));
  return result;
}

/** Its exit status; 127: it could not be executed. */
int run(const std::vector<std::string>& arguments) {
  pid_t pid = 0;
  const std::vector<std::string> no_environment;
  if (posix_spawn(&pid, arguments.front().c_str(), nullptr, nullptr, pointers(arguments).data(),
                  pointers(no_environment).data()) != 0)
    return 127;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

constexpr int kUidsRefused = 2;
constexpr int kGidsRefused = 3;

}  // namespace

Result<IdMapper> IdMapper::start(const std::vector<oci::IdMapping>& uids, const std::vector<oci::IdMapping>& gids) {
  for (const char* program : {kNewUidMap, kNewGidMap})
    if (access(program, X_OK) != 0)
      return plain_error(std::string(program) +
                         " is needed to map more ids than one's own (install uidmap or shadow-utils)");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return make_error("namespace", errno, "pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::vector<std::string> uid_words = words(kNewUidMap, getpid(), uids);
  const std::vector<std::string> gid_words = words(kNewGidMap, getpid(), gids);
  const pid_t pid = fork();
  if (pid < 0) return make_error("namespace", errno, "fork");
  if (pid > 0) return IdMapper(pid, std::move(writing));
  writing.reset();
  char byte = 0;
  if (read(reading.get(), &byte, 1) != 1) _exit(1);
  if (run(gid_words) != 0) _exit(kGidsRefused);
  _exit(run(uid_words) == 0 ? 0 : kUidsRefused);
}

int IdMapper::wait() {
  go_.reset();
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

Result<void> IdMapper::map() {
  if (write(go_.get(), "m", 1) != 1) return make_error("namespace", errno, "pipe");
  const int code = wait();
  if (code == 0) return {};
  if (code == kGidsRefused) return plain_error("newgidmap has refused linux.gidMappings: see /etc/subgid");
  return plain_error("newuidmap has refused linux.uidMappings: see /etc/subuid");
}

IdMapper::~IdMapper() {
  if (pid_ > 0) wait();
}

}  // namespace bulkhead::runtime
