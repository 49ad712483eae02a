// From the upper directory of a container to a layer, and from a layer to the blob that travels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/layers/read_control.h"
#include "core/layers/tree_walk.h"
#include "core/layers/unpack.h"
#include "core/layers/unpack_control.h"

namespace bulkhead {

struct CommitRequest {
  /** An overlay's upper directory, of a container's root: nothing in it is believed. */
  std::string source;
  /** Empty, 0700: becomes the layer. */
  std::string directory;
  LayerLimits limits = {};
};

/**
 * Copies what is in `source` into `directory`, by way of the tar that the layer is: what that does not say does not come along, and what
 * is hashed is what is copied, whoever writes to `source` meanwhile. On disk when this returns (syncfs). `digest` and `diff_id` are that
 * of the tar, `blob_bytes` is its size. Errors as of unpacking; of step "read-tree" for the source.
 */
Result<Unpacked> commit_layer(const CommitRequest& request, UnpackControl& control);

struct PackRequest {
  /** A layer. */
  std::string directory;
  /** Made, 0600; "": the tar is only hashed. */
  std::string target;
  LayerLimits limits = {};
};

/** Writes the layer's tar into `target`, compressed by gzip: the same layer gives the same bytes. */
Result<Unpacked> pack_layer(const PackRequest& request, UnpackControl& control);

struct SendTreeRequest {
  /** A connected stream socket. */
  int socket = -1;
  /** Lowest first. */
  std::vector<std::string> layers = {};
  TreeView view = TreeView::kMerged;
  LayerLimits limits = {};
};

/** Sends a tar of what the layers show; the bytes that it had. `control` reports them, and ends it. Errors as of send_blob. */
Result<std::uint64_t> send_tree(const SendTreeRequest& request, const ReadControl& control);

}  // namespace bulkhead
