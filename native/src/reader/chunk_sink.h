// The reader's end of the channel (core/reader/channel.h): records, put into the chunks of the shared memory one after the other.
#pragma once

#include <cstdint>
#include <span>

#include "core/layers/byte_source.h"
#include "core/reader/channel.h"

namespace bulkhead {

class ChunkSink {
 public:
  /** `memory`: kMemoryBytes. */
  ChunkSink(std::span<std::uint8_t> memory, int socket) : memory_(memory), socket_(socket) {}

  void record(channel::RecordKind kind, Bytes payload);
  /** What is in the chunk that is being filled goes. Whoever reads is gone: this process ends. */
  void flush();

 private:
  void put(Bytes bytes);
  void wait_for_chunk();

  std::span<std::uint8_t> memory_;
  int socket_;
  std::size_t filled_ = 0;
  std::size_t sent_ = 0;
  std::size_t returned_ = 0;
};

/** The bytes of a struct. */
template <class Fields>
Bytes bytes_of(const Fields& fields) {
  return {reinterpret_cast<const std::uint8_t*>(&fields), sizeof fields};
}

}  // namespace bulkhead
