// The limits of a layer, as several requests have them.
#pragma once

#include "addon/decode.h"
#include "core/layers/unpack.h"

namespace bulkhead::addon {

/** `request.limits`. */
inline LayerLimits to_limits(Decoder& decoder, const Napi::Object& request) {
  const Napi::Object limits = decoder.object(request.Get("limits"), "limits");
  return {decoder.uint53(limits.Get("maxEntries"), "maxEntries"), decoder.uint53(limits.Get("maxBytes"), "maxBytes")};
}

}  // namespace bulkhead::addon
