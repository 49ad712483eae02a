// The program: its arguments, its environment, and where PATH has it. As the container's user, inside its root.
#include "process.h"

namespace bulkhead::init {

namespace {

constexpr size_t kPathMax = 4096;
constexpr int kExecuteAccess = 1;  // X_OK

const char** make_vector(Context& context, plan::Array<plan::Text> texts, const char* extra) {
  const size_t size = (texts.count + 2) * sizeof(char*);
  const long memory = sys::mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (memory < 0 && memory > -4096) fail(context, memory);
  auto** vector = reinterpret_cast<const char**>(memory);
  size_t n = 0;
  for (const auto& text : each(context, texts)) vector[n++] = context.text(text);
  if (extra != nullptr) vector[n++] = extra;
  return vector;
}

const char* variable(const Context& context, const char* name_and_equals) {
  for (const auto& text : each(context, context.plan->process.environment)) {
    if (starts_with(context.text(text), name_and_equals)) return context.text(text) + length(name_and_equals);
  }
  return nullptr;
}

const char* home_entry(const Context& context, const Identity& identity) {
  static Buffer<4096> entry;
  if ((context.plan->process.flags & plan::kProcessSetHome) == 0 || variable(context, "HOME=") != nullptr)
    return nullptr;
  entry.put("HOME=").put(identity.home == nullptr ? "/" : identity.home);
  return entry.text();
}

// What a filter, loaded already, does not allow is not known here: execve decides.
bool is_forbidden_call(long result) { return result == -ENOSYS || result == -EPERM; }

// 0, -ENOENT or what execve would say later: told now, while the failure can still be reported. The old faccessat, which
// every filter knows, is enough: real and effective ids are the same by now.
long can_execute(const char* path) {
  const long accessible = sys::call(__NR_faccessat, AT_FDCWD, path, kExecuteAccess);
  if (accessible < 0) return is_forbidden_call(accessible) ? 0 : accessible;
  struct statx status {};
  const long found = sys::statx(AT_FDCWD, path, 0, STATX_TYPE, &status);
  if (found < 0) return is_forbidden_call(found) ? 0 : found;
  return (status.stx_mode & S_IFMT) == S_IFREG ? 0 : -EACCES;
}

const char* search(Context& context, const char* name, const char* directories) {
  static Buffer<kPathMax> path;
  long denied = 0;
  for (const char* first = directories; first != nullptr;) {
    const char* colon = find(first, ':');
    const char* last = colon != nullptr ? colon : first + length(first);
    path.clear();
    path.put(first, last).put(first == last ? "./" : "/").put(name);
    const long result = path.overflowed() ? -ENAMETOOLONG : can_execute(path.text());
    if (result == 0) return path.text();
    if (result == -EACCES) denied = result;
    first = colon != nullptr ? colon + 1 : nullptr;
  }
  fail(context, denied != 0 ? denied : -ENOENT, name);
}

}  // namespace

void find_executable(Context& context, const Identity& identity, Executable& executable) {
  const auto& process = context.plan->process;
  enter(context, plan::Step::kLookup, context.text(context.begin(process.arguments)[0]));
  executable.arguments = make_vector(context, process.arguments, nullptr);
  executable.environment = make_vector(context, process.environment, home_entry(context, identity));
  const char* name = executable.arguments[0];
  if (find(name, '/') != nullptr) {
    must(context, can_execute(name), name);
    executable.path = name;
    return;
  }
  const char* path = variable(context, "PATH=");
  executable.path = search(context, name, path == nullptr ? "" : path);
}

}  // namespace bulkhead::init
