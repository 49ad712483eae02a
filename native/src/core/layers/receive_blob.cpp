// recv(2), write(2), SHA-256, in this order, a buffer at a time.
#include "core/layers/receive_blob.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/digest/sha256.h"
#include "core/layers/byte_source.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "receive-blob";
constexpr int kQuietMs = 60;
constexpr std::size_t kBuffer = 256 * 1024;

class Receiving {
 public:
  Receiving(const ReceiveRequest& request, const ReadControl& control)
      : request_(&request), control_(&control), buffer_(kBuffer) {}

  Result<std::string> run() {
    BULKHEAD_TRY(open_file());
    BULKHEAD_TRY(hash_what_is_there());
    while (at_ < request_->size) BULKHEAD_TRY(receive_some());
    char more = 0;
    if (recv(request_->socket, &more, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return incomplete(EFBIG);
    return hash_.digest();
  }

 private:
  Error failed(int number) const { return make_error(kStep, number, request_->path); }
  Error incomplete(int number) const { return make_error(kStep, number, std::to_string(at_)); }

  Result<void> open_file() {
    file_.reset(open(request_->path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    struct stat status {};
    if (!file_ || fstat(file_.get(), &status) != 0) return failed(errno);
    const bool is_fit = S_ISREG(status.st_mode) && request_->offset <= request_->size &&
                        static_cast<std::uint64_t>(status.st_size) >= request_->offset;
    if (!is_fit) return failed(EINVAL);
    if (ftruncate(file_.get(), static_cast<off_t>(request_->offset)) != 0) return failed(errno);
    return {};
  }

  Result<void> hash_what_is_there() {
    while (at_ < request_->offset) {
      if (control_->is_cancelled()) return failed(ECANCELED);
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(request_->offset - at_, buffer_.size()));
      const ssize_t count = pread(file_.get(), buffer_.data(), wanted, static_cast<off_t>(at_));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed(count < 0 ? errno : EIO);
      take(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<void> receive_some() {
    BULKHEAD_TRY(wait());
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(request_->size - at_, buffer_.size()));
    const ssize_t count = recv(request_->socket, buffer_.data(), wanted, MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    // Whoever closes with bytes unread resets the connection: an early end like any other.
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return incomplete(ENODATA);
    if (count < 0) return failed(errno);
    BULKHEAD_TRY(write_all(Bytes(buffer_).first(static_cast<std::size_t>(count))));
    take(static_cast<std::size_t>(count));
    return {};
  }

  Result<void> wait() const {
    if (control_->is_cancelled()) return failed(ECANCELED);
    pollfd waited[] = {{request_->socket, POLLIN, 0}, {control_->changes(), POLLIN, 0}};
    // Who is told only now and then is told the last state, too, when nothing more comes for a while.
    const int ready = poll(waited, 2, kQuietMs);
    if (ready == 0 && control_->on_blob_bytes) control_->on_blob_bytes(at_);
    if (ready == 0 && poll(waited, 2, -1) < 0 && errno != EINTR) return failed(errno);
    if (control_->is_cancelled()) return failed(ECANCELED);
    return {};
  }

  Result<void> write_all(Bytes bytes) const {
    std::uint64_t at = at_;
    while (!bytes.empty()) {
      const ssize_t count = pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      at += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  /** The buffer's first bytes are in the file. */
  void take(std::size_t count) {
    hash_.update(Bytes(buffer_).first(count));
    at_ += count;
    if (control_->on_blob_bytes) control_->on_blob_bytes(at_);
  }

  const ReceiveRequest* request_;
  const ReadControl* control_;
  std::vector<std::uint8_t> buffer_;
  UniqueFd file_;
  Sha256 hash_;
  std::uint64_t at_ = 0;
};

}  // namespace

Result<std::string> receive_blob(const ReceiveRequest& request, const ReadControl& control) {
  return Receiving(request, control).run();
}

}  // namespace bulkhead
