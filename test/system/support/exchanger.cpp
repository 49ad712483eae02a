// Exchanges two names as fast as the kernel does it (renameat2(2), RENAME_EXCHANGE), until it is killed or its parent ends: who races
// against whoever looks at a path twice.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (bool first = true;; first = false) {
    if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) != 0) return 1;
    if (first) puts("ready"), fflush(stdout);
  }
}
