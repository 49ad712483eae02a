// A ring of buffers between the thread that makes the stream and the reader.
#include "core/layers/read_ahead.h"

namespace bulkhead {

Result<std::unique_ptr<ReadAhead>> ReadAhead::start(PullSource& source) {
  auto started = BULKHEAD_TRY(start_at_gate(source));
  started->open_gate();
  return started;
}

Result<std::unique_ptr<ReadAhead>> ReadAhead::start_at_gate(PullSource& source) {
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
  std::unique_lock lock(started->mutex_);
  started->changed_.wait(lock, [&] { return started->is_at_gate_; });
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

void ReadAhead::open_gate() {
  {
    const std::lock_guard lock(mutex_);
    is_gate_open_ = true;
  }
  changed_.notify_all();
}

Result<Bytes> ReadAhead::next() {
  std::unique_lock lock(mutex_);
  if (holds_) {
    ++consumed_;
    holds_ = false;
    changed_.notify_all();
  }
  while (!changed_.wait_for(lock, kPatience, [this] { return filled_ > consumed_ || ended_; })) {
    if (on_waiting_) on_waiting_();
  }
  if (filled_ > consumed_) {
    holds_ = true;
    const std::size_t at = consumed_ % kBuffers;
    return Bytes(buffers_[at]).first(sizes_[at]);
  }
  if (!result_.ok()) return result_.error();
  return Bytes{};
}

void ReadAhead::run() {
  if (stand_at_gate()) end(read_all());
}

bool ReadAhead::stand_at_gate() {
  std::unique_lock lock(mutex_);
  is_at_gate_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return is_gate_open_ || stopped_; });
  return is_gate_open_;
}

Result<void> ReadAhead::read_all() {
  while (std::vector<std::uint8_t>* buffer = unused()) {
    const std::size_t count = BULKHEAD_TRY(source_->read(*buffer));
    if (count == 0) return {};
    fill_done(count);
  }
  return {};
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

void ReadAhead::end(Result<void> result) {
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    ended_ = true;
  }
  changed_.notify_all();
}

}  // namespace bulkhead
