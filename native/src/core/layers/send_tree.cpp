// A piece at a time, at the speed of whoever reads.
#include "core/layers/commit.h"
#include "core/layers/errors.h"
#include "core/layers/socket_output.h"
#include "core/layers/tree_tar.h"

namespace bulkhead {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

}  // namespace

Result<std::uint64_t> send_tree(const SendTreeRequest& request, const ReadControl& control) {
  UnpackControl own;
  const auto tree = BULKHEAD_TRY(TreeTar::open(request.layers, request.view, request.limits.max_entries, own));
  std::vector<std::uint8_t> piece(kPiece);
  for (;;) {
    const std::size_t count = BULKHEAD_TRY(tree->read(piece));
    if (count == 0) return own.blob_bytes.load();
    if (own.blob_bytes > request.limits.max_bytes) return limit_error("bytes");
    BULKHEAD_TRY(send_all(request.socket, Bytes(piece).first(count), "tree", control));
    if (control.on_blob_bytes) control.on_blob_bytes(own.blob_bytes);
  }
}

}  // namespace bulkhead
