// What the monitor hears from the container's half until it has become the program.
//
//   launcher                monitor                                 container's half
//      │ vfork, execveat       │ cgroups, detached mounts               │
//      │──────────────────────▶│ clone3 ───────────────────────────────▶│ joins cgroups, namespaces
//      │                       │ (user namespace: id maps) ── "m" ─────▶│
//      │                       │ (… mounts that needed it) ── fds ─────▶│ mounts
//      │                       │◀─ "t" + master of the terminal ────────│
//      │◀─ kSync ──────────────│◀─ "s" (hooks) ─────────────────────────│
//      │─ one byte ───────────▶│─ "g" ─────────────────────────────────▶│ pivot, identity, rights
//      │                       │◀─ "n" + a filter's listener ───────────│ (passed on to its socket)
//      │◀─ kCreated ───────────│◀─ "c" (waits for the start FIFO) ──────│
//      │                       │ leaves, or (kStay) hears on            │
//      │◀─ kStarted ───────────│◀─ end of the socket: execve ───────────│ the program
//      │◀─ kFailed ────────────│◀─ end of the socket, ledger->failure ──│ exit(1)
#pragma once

#include "streams.h"

namespace bulkhead::init {

/** With MonitorMode::kLeave: a launcher that is killed takes this process along, so that nothing is made behind the back of whoever cleans up. */
void die_with_launcher(Context& context);

/** Returns when the process executes, or, with a monitor that leaves, waits for its start FIFO (true). Ends this process on any failure. */
bool hear_container(Context& context, MonitorStreams& streams);

/** The pid of the process that the first one has cloned (Role::kClones), from the ledger; 0: not cloned yet, or a pid that is no child of this process. */
int final_child(const Context& context);

/** With Role::kClones the process is not the one that was cloned first: from here on it is the child. */
void adopt_final_child(Context& context);

/** Field 22 of /proc/<pid>/stat; 0 when it can't be read. */
uint64_t start_time_ticks(int pid);

}  // namespace bulkhead::init
