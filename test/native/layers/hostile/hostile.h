// Archives that mean harm: a table of them for each way of doing it, in the files beside this one.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "scratch_layer.h"
#include "tar_writer.h"

namespace bulkhead::test {

struct Hostile {
  std::string what;
  /** Part of what the refusal says; empty: it is unpacked, and stays within the layer. */
  std::string reason;
  /** `outside` is the absolute path of the canary's directory. */
  std::function<void(TarWriter&, const std::string& outside)> write;
};

/** Each is refused for its reason, or unpacked; nothing outside of the layer is touched. */
void check(std::span<const Hostile> archives);
std::string repeated(std::string_view text, int count);

}  // namespace bulkhead::test
