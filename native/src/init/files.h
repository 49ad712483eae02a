// Small kernel files: read whole, written in one write.
#pragma once

#include "sys.h"

namespace bulkhead::init {

/** Bytes read (the buffer then ends with NUL), or -errno. */
inline long read_file(int dir, const char* path, char* buffer, size_t capacity) {
  const long fd = sys::openat(dir, path, O_RDONLY);
  if (fd < 0) return fd;
  const long size = sys::read(static_cast<int>(fd), buffer, capacity - 1);
  sys::close(static_cast<int>(fd));
  if (size >= 0) buffer[size] = '\0';
  return size;
}

/** 0 or -errno. */
inline long write_file(int dir, const char* path, const void* data, size_t size) {
  const long fd = sys::openat(dir, path, O_WRONLY);
  if (fd < 0) return fd;
  const long written = sys::write(static_cast<int>(fd), data, size);
  sys::close(static_cast<int>(fd));
  return written < 0 ? written : 0;
}

}  // namespace bulkhead::init
