// The standard streams of the container's process: pipes, a terminal of its own, or what the launcher had.
#pragma once

#include "context.h"

namespace bulkhead::init {

// The process's ends; -1: what was inherited stays.
struct Streams {
  int ends[3] = {-1, -1, -1};
  bool is_terminal = false;
};

// The monitor's ends; -1: none.
struct MonitorStreams {
  int input = -1;   // pipe to standard input, or the terminal's master
  int output = -1;  // pipe of standard output, or the terminal's master
  int error = -1;
};

/** Pipes, by the monitor; none for standard input unless the plan opens it. */
void make_pipes(Context& context, Streams& streams, MonitorStreams& monitor);

/** Standard input where none is open: the container's null device, or (-1) a pipe that nobody writes to. */
void give_empty_input(Context& context, Streams& streams, int null_device);

/** A terminal of the container's own devpts; its master goes to the console socket or, over the sync socket, to the monitor. */
void open_terminal(Context& context, Streams& streams);
/** Binds that terminal over /dev/console. */
void bind_console(Context& context, const Streams& streams);

struct Identity;
/** So that a process that is not root can open /dev/stdout and its terminal by name. */
void own_streams(const Streams& streams, const Identity& identity);

}  // namespace bulkhead::init
