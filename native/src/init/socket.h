// Messages with descriptors (SCM_RIGHTS), with the structures that a C library would define.
#pragma once

#include <stddef.h>

namespace bulkhead::init {

/** At most this many descriptors a message (the kernel's SCM_MAX_FD is 253). */
constexpr size_t kFdsPerMessage = 250;

/** Sends `size` bytes and, if fd is not -1, that descriptor. Bytes sent or -errno. */
long send_with_fd(int socket, const void* data, size_t size, int fd);
long send_with_fds(int socket, const void* data, size_t size, const int* fds, size_t count);

/** Receives at most `size` bytes and `capacity` descriptors (close-on-exec); `*count` says how many came. */
long receive_with_fds(int socket, void* data, size_t size, int* fds, size_t capacity, size_t* count, int flags);

}  // namespace bulkhead::init
