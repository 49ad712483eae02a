// Exchanges pairs of names, atomically, as fast as it can: what a process in another container does to a volume that it shares.
// usage: exchanger A B [A B …]
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdio>

int main(int count, char** names) {
  for (bool is_first = true;; is_first = false) {
    for (int i = 1; i + 1 < count; i += 2) {
      if (syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, names[i + 1], 2 /* RENAME_EXCHANGE */) != 0 && is_first)
        return perror(names[i]), 1;
    }
    if (is_first) puts("exchanging"), fflush(stdout);
  }
}
