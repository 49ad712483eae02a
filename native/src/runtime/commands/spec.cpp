// spec: writes a config.json to begin with.
#include <array>

#include "core/linux/files.h"
#include "runtime/arguments.h"
#include "runtime/default_spec.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"bundle", 'b', true}, Option{"file", 'f', true}, Option{"rootless", 0, false}};

}  // namespace

Result<int> spec(const Environment&, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  const std::string name = arguments.get("file", "config.json");
  const std::string path = name.starts_with('/') ? name : arguments.get("bundle", ".") + "/" + name;
  if (path_exists(path)) return plain_error("File " + name + " exists. Remove it first");
  BULKHEAD_TRY(replace_file(path, default_spec(arguments.has("rootless")), 0666, "state"));
  return 0;
}

}  // namespace bulkhead::runtime
