// newuidmap(1) and newgidmap(1): setuid programs that map the ids which /etc/subuid and /etc/subgid grant a user.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::runtime {

/** A fork that stays outside of the namespace that this process is about to make, and maps its ids when it is there. */
class IdMapper {
 public:
  /** Error: the programs are not installed. */
  static Result<IdMapper> start(const std::vector<oci::IdMapping>& uids, const std::vector<oci::IdMapping>& gids);
  IdMapper(IdMapper&& other) noexcept : pid_(std::exchange(other.pid_, 0)), go_(std::move(other.go_)) {}
  IdMapper& operator=(IdMapper&&) = delete;
  ~IdMapper();

  /** Once the namespace is there. Error: one of the programs has refused; it has said why on standard error. */
  Result<void> map();

 private:
  IdMapper(pid_t pid, UniqueFd go) : pid_(pid), go_(std::move(go)) {}
  int wait();
  pid_t pid_;
  UniqueFd go_;
};

}  // namespace bulkhead::runtime
