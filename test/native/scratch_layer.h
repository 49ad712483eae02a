// A place to unpack into, with a canary beside it that nothing may touch.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "core/layers/unpack.h"

namespace bulkhead::test {

class ScratchLayer {
 public:
  ScratchLayer();
  ~ScratchLayer();
  ScratchLayer(const ScratchLayer&) = delete;
  ScratchLayer& operator=(const ScratchLayer&) = delete;

  /** Writes `blob` to disk and unpacks it; the layer must be fresh. */
  Result<Unpacked> unpack(const std::string& blob, LayerLimits limits = {100'000, 1 << 30},
                          const std::vector<std::string>& lower = {});

  /** Of the layer: */
  std::string path(const std::string& name) const { return layer() + "/" + name; }
  struct stat status(const std::string& name) const;
  bool exists(const std::string& name) const;
  std::string content(const std::string& name) const;
  std::string link(const std::string& name) const;
  /** Empty: there is none. */
  std::string xattr(const std::string& name, const std::string& attribute) const;
  bool is_whiteout(const std::string& name) const;
  /** Every path in it, sorted. */
  std::vector<std::string> names() const;

  std::string layer() const { return base_ + "/layer"; }
  /** A directory with files, beside the layer. */
  std::string outside() const { return base_ + "/outside"; }
  /** Names, modes, owners, times, link counts, attributes and contents of all that is outside of the layer. */
  bool is_outside_untouched() const { return snapshot() == before_; }

 private:
  std::string snapshot() const;

  std::string base_;
  std::string before_;
};

/** What a directory holds, by paths relative to it, sorted. */
std::vector<std::string> names_below(const std::string& directory);
void write_file(const std::string& path, const std::string& content);
std::string read_file(const std::string& path);

}  // namespace bulkhead::test
