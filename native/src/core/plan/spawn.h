// Starts a sealed executable (bulkhead-init, bulkhead-reader): a vfork, so that it costs the same from a small program and from one of a gigabyte.
#pragma once

#include <sys/types.h>

#include <span>

#include "../result.h"

namespace bulkhead {

struct SpawnRequest {
  int executable;            // of make_sealed_memfd()
  std::span<const int> fds;  // become 3, 4, 5, …; everything else is closed
  bool orphan;               // true: never the caller's child (nor its zombie); init or a subreaper reaps it
  bool inherit_stdio;        // false: 0, 1, 2 are /dev/null
  const char* name = "bulkhead-init";
  const char* argument = nullptr;
  int namespaces = 0;  // CLONE_NEW…: new ones that it begins in; not for an orphan
};

/** The new process's pid, once it has executed. Errors: EAGAIN, ENOMEM, ENOEXEC … (step "launch"). */
Result<pid_t> spawn(const SpawnRequest& request);

}  // namespace bulkhead
