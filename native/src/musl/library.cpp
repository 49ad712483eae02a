// What bulkhead-runtime needs besides musl: functions that libstdc++ and libseccomp were compiled to call.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>

// libstdc++'s own throw, and bring all that unwinds a stack; this program has no exceptions, and ends.
namespace std {
[[noreturn]] void __throw_length_error(const char*) { abort(); }
[[noreturn]] void __throw_logic_error(const char*) { abort(); }
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { abort(); }
[[noreturn]] void __throw_bad_alloc() { abort(); }
[[noreturn]] void __throw_bad_array_new_length() { abort(); }
[[noreturn]] void __throw_bad_function_call() { abort(); }
[[noreturn]] void __throw_system_error(int) { abort(); }
}  // namespace std

extern "C" {

void* __dso_handle = nullptr;
char __libc_single_threaded = 1;

// libseccomp was compiled with _FORTIFY_SOURCE.
int __fprintf_chk(FILE* stream, int, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int written = vfprintf(stream, format, arguments);
  va_end(arguments);
  return written;
}

// A system call: to use the vDSO instead, which is for those who ask often, three pages more of it would have to be mapped.
int clock_gettime(clockid_t clock, timespec* now) { return static_cast<int>(syscall(SYS_clock_gettime, clock, now)); }

}  // extern "C"
