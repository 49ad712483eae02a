// Makes each system call, with arguments that do no harm, in a process of its own. Says, for each: "<number> <errno>", or
// "<number> signal <n>"; 0: it went through. usage: systemCalls x64|x32|i386 NUMBER…
// "socket" in the table's place: of socket(2), with the address family NUMBER; "clone": of clone(2) with the flags NUMBER.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kX32 = 0x40000000;

// Of the 32-bit table; the kernel takes it from 64-bit programs too.
long call_i386(long number) {
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(-1), "c"(-1), "d"(-1), "S"(-1), "D"(-1)
               : "memory", "r8", "r9", "r10", "r11");
  return static_cast<int>(result);
}

int outcome_of(const std::string& table, long number) {
  if (table == "i386") {
    const long result = call_i386(number);
    return result < 0 && result > -4096 ? static_cast<int>(-result) : 0;
  }
  errno = 0;
  if (table == "socket")
    return syscall(SYS_socket, number, 2L, 0L) == -1 && syscall(SYS_socket, number, 3L, 0L) == -1 ? errno : 0;
  if (table == "clone") return syscall(SYS_clone, number | SIGCHLD, 0L, 0L, 0L, 0L) == -1 ? errno : 0;
  return syscall(table == "x32" ? number | kX32 : number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 ? errno : 0;
}

void attempt(const std::string& table, long number) {
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child == 0) {
    alarm(1);  // those that wait for ever
    const int number_of_error = outcome_of(table, number);
    // fork and its kin come back twice.
    if (getppid() == self) _exit(number_of_error);
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    printf("%ld signal %d\n", number, WTERMSIG(status));
  else
    printf("%ld %d\n", number, WEXITSTATUS(status));
}

}  // namespace

int main(int count, char** arguments) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  for (int i = 2; i < count; i++) {
    fflush(stdout);
    attempt(arguments[1], atol(arguments[i]));
  }
}
