// Signals: the monitor takes none, the container's process starts with all at their default.
#pragma once

#include "sys.h"

namespace bulkhead::init {

inline void set_signal_mask(unsigned long mask) {
  constexpr int kSetMask = 2;  // SIG_SETMASK
  sys::call(__NR_rt_sigprocmask, kSetMask, &mask, nullptr, sizeof mask);
}

/** Blocks every signal: SIGTERM to the engine's group, a closed terminal or a broken pipe must not end a monitor. */
inline void block_signals() { set_signal_mask(~0ul); }

/** What was ignored stays ignored over execve (and the launcher, Node, ignores SIGPIPE): all back to the default. */
inline void default_signals() {
  struct {
    void (*handler)(int) = nullptr;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    unsigned long mask = 0;
  } action;
  for (int signal = 1; signal <= 64; signal++)
    sys::call(__NR_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
}

}  // namespace bulkhead::init
