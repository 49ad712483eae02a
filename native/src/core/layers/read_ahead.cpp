// A ring of buffers between the thread that makes the stream and the reader.
#include "core/layers/read_ahead.h"

namespace bulkhead {

Result<std::unique_ptr<ReadAhead>> ReadAhead::start(PullSource& source) {
  std::unique_ptr<ReadAhead> started(new ReadAhead(source));
  for (auto& buffer : started->buffers_) buffer.resize(kBufferSize);
  // Not std::thread: it throws when there can be no further thread.
  const auto body = [](void* self) -> void* {
    static_cast<ReadAhead*>(self)->run();
    return nullptr;
  };
  pthread_t thread;
  const int number = pthread_create(&thread, nullptr, body, started.get());
  if (number != 0) return make_error("read-blob", number, "pthread_create");
  started->thread_ = thread;
  return started;
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_) pthread_join(*thread_, nullptr);
}

Result<Bytes> ReadAhead::next() {
  std::unique_lock lock(mutex_);
  if (holds_) {
    ++consumed_;
    holds_ = false;
    changed_.notify_all();
  }
  changed_.wait(lock, [this] { return filled_ > consumed_ || ended_; });
  if (filled_ > consumed_) {
    holds_ = true;
    const std::size_t at = consumed_ % kBuffers;
    return Bytes(buffers_[at]).first(sizes_[at]);
  }
  if (error_) return *error_;
  return Bytes{};
}

void ReadAhead::run() {
  while (std::vector<std::uint8_t>* buffer = unused()) {
    auto count = source_->read(*buffer);
    if (!count.ok()) return end(std::move(count.error()));
    if (count.value() == 0) return end(std::nullopt);
    fill_done(count.value());
  }
}

std::vector<std::uint8_t>* ReadAhead::unused() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || filled_ - consumed_ < kBuffers; });
  return stopped_ ? nullptr : &buffers_[filled_ % kBuffers];
}

void ReadAhead::fill_done(std::size_t size) {
  {
    const std::lock_guard lock(mutex_);
    sizes_[filled_ % kBuffers] = size;
    ++filled_;
  }
  changed_.notify_all();
}

void ReadAhead::end(std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    ended_ = true;
  }
  changed_.notify_all();
}

}  // namespace bulkhead
