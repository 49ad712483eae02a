// Unpacks one layer: blob → reader process (decompression, tar) → directory, with both digests, within limits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/layers/read_control.h"
#include "core/result.h"

namespace bulkhead {

struct LayerLimits {
  std::uint64_t max_entries = 0;
  /** Of the tar, headers and padding included. */
  std::uint64_t max_bytes = 0;
};

struct UnpackRequest {
  std::string blob_path;
  /** Empty, 0700. */
  std::string directory;
  /** The layers below it, unpacked, lowest first: directories that the archive only implies are as they are there. */
  std::vector<std::string> lower_directories;
  LayerLimits limits;
};

struct Unpacked {
  /** Of the blob, as this program has found it. */
  std::string digest;
  /** Of the tar, as the reader process has: as true as everything else that it says of this blob, and no truer. */
  std::string diff_id;
  std::uint64_t blob_bytes = 0;
  std::uint64_t tar_bytes = 0;
  std::uint64_t entries = 0;
};

/**
 * Blocks until done; starts a thread and a process meanwhile. Steps of errors: "read-blob", "archive" (corrupt or dangerous),
 * "archive-limit", "unpack", "read-archive" (the reader process has failed); ECANCELED once `control` says so. What was unpacked until
 * then stays.
 */
Result<Unpacked> unpack_layer(const UnpackRequest& request, const ReadControl& control);

/**
 * Decompresses `source` into the new file `target` (0600); the bytes written. EFBIG beyond `max_bytes`, EBADMSG for a
 * corrupt source, EEXIST for an old target.
 */
Result<std::uint64_t> decompress_file(const std::string& source, const std::string& target, std::uint64_t max_bytes);

}  // namespace bulkhead
