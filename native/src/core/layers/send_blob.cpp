// pread(2), and what socket_output.h does.
#include "core/layers/send_blob.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/layers/socket_output.h"

namespace bulkhead {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

Error send_error(int number, const std::string& path) { return make_error("send-blob", number, path); }

}  // namespace

Result<void> send_blob(int socket, const std::string& path, std::uint64_t size, const ReadControl& control) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return send_error(errno, path);
  std::vector<std::uint8_t> piece(kPieceBytes);
  for (std::uint64_t done = 0; done < size;) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, piece.size()));
    const ssize_t count = pread(file.get(), piece.data(), most, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return send_error(count < 0 ? errno : ENODATA, path);
    BULKHEAD_TRY(send_all(socket, Bytes(piece).first(static_cast<std::size_t>(count)), path, control));
    done += static_cast<std::uint64_t>(count);
    if (control.on_blob_bytes) control.on_blob_bytes(done);
  }
  return {};
}

}  // namespace bulkhead
