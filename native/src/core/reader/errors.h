// Failures of the reader process itself, which say nothing about the archive but that reading it ended badly.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead {

/** EPROTO: it has said what no reader of ours says. */
inline Error reader_error(int number, std::string_view what) {
  return make_error("read-archive", number, std::string("bulkhead-reader: ").append(what));
}

}  // namespace bulkhead
