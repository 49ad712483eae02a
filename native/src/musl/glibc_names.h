// Included before everything else where the C library is musl: names of glibc's that libstdc++'s headers use, for they were
// configured with it. Nothing here is ever called or read; it only has to be declared.
#pragma once

#include <features.h>
#include <locale.h>
#include <pthread.h>

#define __GLIBC_PREREQ(major, minor) 0
#define __locale_t locale_t

extern "C" {
int pthread_mutex_clocklock(pthread_mutex_t*, clockid_t, const timespec*);
int pthread_cond_clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
}

// <ctype.h>, as <locale> wants it.
enum : unsigned short {
  _ISupper = 1 << 0,
  _ISlower = 1 << 1,
  _ISalpha = 1 << 2,
  _ISdigit = 1 << 3,
  _ISxdigit = 1 << 4,
  _ISspace = 1 << 5,
  _ISprint = 1 << 6,
  _ISblank = 1 << 7,
  _IScntrl = 1 << 8,
  _ISpunct = 1 << 9,
};
