// pread(2) and SHA-256 to the file's end.
#include "core/layers/blob_hash.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "core/digest/sha256.h"
#include "core/layers/byte_source.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "read-blob";
constexpr std::size_t kBuffer = 256 * 1024;

Result<std::string> hash_file(int file, const std::atomic<bool>& stopped) {
  std::vector<std::uint8_t> buffer(kBuffer);
  Sha256 hash;
  for (off_t at = 0;;) {
    if (stopped.load(std::memory_order_relaxed)) return make_error(kStep, ECANCELED, "");
    const ssize_t count = pread(file, buffer.data(), buffer.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(kStep, errno, "");
    if (count == 0) return hash.digest();
    hash.update(Bytes(buffer).first(static_cast<std::size_t>(count)));
    at += count;
  }
}

}  // namespace

Result<OpenBlob> open_blob(const std::string& path) {
  // O_NONBLOCK: a fifo in the blob's place must not hang the thread.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return make_error(kStep, errno, path);
  if (!S_ISREG(status.st_mode)) return make_error(kStep, EINVAL, path);
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return OpenBlob{std::move(fd), static_cast<std::uint64_t>(status.st_size)};
}

Result<std::unique_ptr<BlobHash>> BlobHash::start(int blob) {
  std::unique_ptr<BlobHash> started(new BlobHash(blob));
  // Not std::thread: it throws when there can be no further thread.
  const auto body = [](void* self) -> void* {
    static_cast<BlobHash*>(self)->run();
    return nullptr;
  };
  pthread_t thread;
  const int number = pthread_create(&thread, nullptr, body, started.get());
  if (number != 0) return make_error(kStep, number, "pthread_create");
  started->thread_ = thread;
  return started;
}

BlobHash::~BlobHash() {
  stopped_ = true;
  if (thread_) pthread_join(*thread_, nullptr);
}

Result<std::string> BlobHash::digest() {
  if (thread_) pthread_join(*thread_, nullptr);
  thread_.reset();
  return std::move(digest_);
}

void BlobHash::run() { digest_ = hash_file(blob_, stopped_); }

}  // namespace bulkhead
