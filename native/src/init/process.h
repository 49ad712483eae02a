// From the container's surroundings to its program: rights, identity, streams, execve. Shared by create and exec.
#pragma once

#include "context.h"
#include "streams.h"

namespace bulkhead::init {

struct Identity {
  uint32_t uid = 0;
  uint32_t gid = 0;
  const char* home = nullptr;  // from the container's passwd; null: not known
  uint32_t* groups = nullptr;  // additional ones
  uint32_t group_count = 0;
};

/** process.user, looked up in the container's /etc/passwd and /etc/group where it is a name. */
void resolve_user(Context& context, Identity& identity);

// What the last moment before execve needs, all of it worked out before.
struct Executable {
  const char* path = nullptr;
  const char* const* arguments = nullptr;
  const char* const* environment = nullptr;
};
void find_executable(Context& context, const Identity& identity, Executable& executable);

// Whether a process executes itself, or clones the one that does.
enum class Role { kExecutes, kClones };

/**
 * Everything until only waiting, a late filter and execve are left: rights, identity, streams to 0, 1, 2, preserved
 * descriptors behind them; every other one is closed, but for the sync socket and the start FIFO.
 */
void prepare_process(Context& context, const Identity& identity, const Streams& streams, Role role,
                     Executable& executable);

/** From here on the process dies with its monitor, as long as its credentials stay what they are. Ends it if that is dead. */
void die_with_monitor(Context& context);

/** A session of its own, the terminal its controlling one, no signal blocked. Part of the preparation for Role::kExecutes. */
void lead_session(Context& context, const Streams& streams);

/** Loads a filter that is not loaded yet, waits for the start FIFO if there is one, and becomes the program. */
[[noreturn]] void execute(Context& context, const Executable& executable);

/** While /proc is the host's own. */
void set_security_labels(Context& context);
void set_rlimits(Context& context);
void join_new_keyring(Context& context);
void limit_bounding_set(Context& context);
void become(Context& context, const Identity& identity);
void set_capabilities(Context& context);
/**
 * If there is a filter, and it is not loaded yet. The descriptor of one that notifies goes to the monitor, which passes it on
 * (seccomp_listener.h).
 */
void load_seccomp(Context& context);

}  // namespace bulkhead::init
