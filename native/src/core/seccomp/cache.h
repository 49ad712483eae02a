// Compiled filters by their profile: in memory for a long-lived process, on disk for the command line. Compiling
// takes more than half of a container's start; a cached filter costs microseconds.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::seccomp {

/** All that decides about the filter, as bytes: the profile, libseccomp's version, the machine's architecture. */
std::string canonical_profile(const oci::Seccomp& profile);

/** Filters in memory. Safe to use from several threads. */
class MemoryCache {
 public:
  /** The filter of `profile`, compiled on first use. Error: as compile(). */
  Result<std::string> get(const oci::Seccomp& profile);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> programs_;
};

/**
 * Filters in a directory, made 0700 when missing. Safe because only a directory of the caller's own that nobody else can
 * write is read, files hold their profile in full and a checksum, and are written aside and renamed. When the directory can't
 * be trusted or written, filters are compiled each time.
 */
class DiskCache {
 public:
  explicit DiskCache(std::string directory) : directory_(std::move(directory)) {}
  Result<std::string> get(const oci::Seccomp& profile) const;

 private:
  std::string directory_;
};

constexpr const char* kDefaultCacheDirectory = "/run/bulkhead/seccomp";

}  // namespace bulkhead::seccomp
