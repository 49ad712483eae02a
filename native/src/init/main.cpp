// bulkhead-init: executes one launch plan, and then watches over what it has started.
// The plan, the ledger and the status socket are at fixed descriptors (plan.h); there are no arguments.
#include "core/plan/plan_check.h"
#include "create.h"
#include "exec.h"
#include "open.h"
#include "signals.h"

namespace bulkhead::init {

namespace {

// Both maps live as long as this process. Until there is a ledger, a failure can only be an exit code.
template <class T>
T* map(int fd, size_t size, int protection, int flags) {
  const long address = sys::mmap(size, protection, flags, fd);
  if (address < 0 && address > -4096) sys::exit(125);
  sys::close(fd);
  return reinterpret_cast<T*>(address);
}

size_t size_of(int fd) {
  struct statx status {};
  return sys::statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &status) == 0 ? status.stx_size : 0;
}

void load(Context& context) {
  const size_t size = size_of(plan::kPlanFd);
  context.plan = map<plan::Plan>(plan::kPlanFd, size, PROT_READ, MAP_PRIVATE);
  context.ledger = map<plan::Ledger>(plan::kLedgerFd, plan::kLedgerBytes, PROT_READ | PROT_WRITE, MAP_SHARED);
  if (!plan::is_well_formed(context.plan, size)) {
    static const plan::Plan kNone{};
    context.plan = &kNone;
    fail(context, -EINVAL, "plan");
  }
}

[[noreturn]] void run() {
  // Nobody but host root may trace this process or read its memory, its descriptors, its environment (CVE-2016-9962).
  sys::prctl(PR_SET_DUMPABLE, 0);
  // From a memfd it would be called by the number of its descriptor in ps and top.
  sys::prctl(PR_SET_NAME, reinterpret_cast<unsigned long>("bulkhead-init"));
  block_signals();
  default_signals();
  sys::umask(0);
  sys::chdir("/");
  Context context;
  load(context);
  switch (context.plan->kind) {
    case plan::Kind::kCreate:
      create(context);
    case plan::Kind::kExec:
      exec(context);
    case plan::Kind::kOpen:
      open_as_caller(context);
  }
  sys::exit(125);
}

}  // namespace

}  // namespace bulkhead::init

extern "C" [[noreturn, gnu::used]] void bulkhead_init_start() { bulkhead::init::run(); }

// The kernel enters with a 16-aligned stack and no return address; a call gives the function what it expects.
#if defined(__x86_64__)
asm(".globl _start\n_start: xor %ebp, %ebp\n call bulkhead_init_start\n hlt\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start: mov x29, #0\n mov x30, #0\n bl bulkhead_init_start\n brk #0\n");
#endif
