// The encodings of LIBARCHIVE.xattr.*: percent-encoded names, base64 values (with or without padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bulkhead {

std::optional<std::string> decode_percent(std::string_view text);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace bulkhead
