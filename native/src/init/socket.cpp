// Messages with descriptors (SCM_RIGHTS), with the structures that a C library would define.
#include "socket.h"

#include "sys.h"

namespace bulkhead::init {

namespace {

// The layouts of struct iovec, msghdr and cmsghdr as the kernel reads them (include/linux/socket.h).
struct Segment {
  const void* base;
  size_t size;
};
struct Message {
  void* name;
  int name_size;
  Segment* segments;
  size_t segment_count;
  void* control;
  size_t control_size;
  unsigned flags;
};
struct Control {
  size_t size;
  int level;
  int type;
  int fds[kFdsPerMessage];
};
constexpr int kSolSocket = 1;
constexpr int kScmRights = 1;
constexpr size_t kControlHead = offsetof(Control, fds);
constexpr unsigned kCmsgCloexec = 0x40000000;

size_t aligned(size_t size) { return (size + sizeof(long) - 1) & ~(sizeof(long) - 1); }

}  // namespace

long send_with_fds(int socket, const void* data, size_t size, const int* fds, size_t count) {
  Segment segment{data, size};
  Control control;
  Message message{nullptr, 0, &segment, 1, nullptr, 0, 0};
  if (count > 0) {
    control.size = kControlHead + count * sizeof(int);
    control.level = kSolSocket;
    control.type = kScmRights;
    for (size_t i = 0; i < count; i++) control.fds[i] = fds[i];
    message.control = &control;
    message.control_size = aligned(control.size);
  }
  return sys::call(__NR_sendmsg, socket, &message, sys::kNoSignal);
}

long send_with_fd(int socket, const void* data, size_t size, int fd) {
  return send_with_fds(socket, data, size, &fd, fd < 0 ? 0 : 1);
}

long receive_with_fds(int socket, void* data, size_t size, int* fds, size_t capacity, size_t* count, int flags) {
  Segment segment{data, size};
  Control control;
  Message message{nullptr, 0, &segment, 1, &control, aligned(kControlHead + capacity * sizeof(int)), 0};
  *count = 0;
  const long received = sys::call(__NR_recvmsg, socket, &message, static_cast<long>(kCmsgCloexec) | flags);
  if (received < 0 || message.control_size < kControlHead || control.type != kScmRights) return received;
  const size_t arrived = (control.size - kControlHead) / sizeof(int);
  for (size_t i = 0; i < arrived; i++) {
    if (i < capacity) {
      fds[(*count)++] = control.fds[i];
    } else {
      sys::close(control.fds[i]);
    }
  }
  return received;
}

}  // namespace bulkhead::init
