// The versions that the native programs tell of themselves.
#pragma once

namespace bulkhead {

constexpr const char* kVersion = "0.1.0";
/** The runtime-spec version that the core implements. */
constexpr const char* kSpecVersion = "1.2.0";

}  // namespace bulkhead
