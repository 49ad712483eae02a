// Two threads: one reads the tree and writes it as a tar, the other hashes that and writes files.
#include "core/layers/commit.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/layers/errors.h"
#include "core/layers/layer_writer.h"
#include "core/layers/measured_source.h"
#include "core/layers/read_ahead.h"
#include "core/layers/tree_tar.h"
#include "core/tar/tar_reader.h"

namespace bulkhead {
namespace {

Result<void> sync_file_system(const std::string& directory) {
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || syncfs(fd.get()) != 0) return unpack_error(errno, directory);
  return {};
}

}  // namespace

Result<Unpacked> commit_layer(const CommitRequest& request, UnpackControl& control) {
  LayerWriter writer(BULKHEAD_TRY(LayerTree::open(request.directory, {})));
  const auto tree =
      BULKHEAD_TRY(TreeTar::open({request.source}, TreeView::kLayer, request.limits.max_entries, control));
  Unpacked committed;
  {
    const auto ahead = BULKHEAD_TRY(ReadAhead::start(*tree));
    MeasuredSource tar(*ahead, control, request.limits.max_bytes, true);
    TarReader reader(tar);
    committed.entries = BULKHEAD_TRY(writer.write_all(reader, request.limits.max_entries));
    BULKHEAD_TRY(reader.drain());
    committed.tar_bytes = committed.blob_bytes = tar.bytes();
    committed.digest = committed.diff_id = tar.digest();
  }
  BULKHEAD_TRY(writer.finish());
  BULKHEAD_TRY(sync_file_system(request.directory));
  return committed;
}

}  // namespace bulkhead
