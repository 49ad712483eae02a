// The one place where an Error becomes prose, and where prose leaves: in the wording and the log form of runc, by which
// engines tell a missing program from a missing right.
#pragma once

#include <string>

#include "core/result.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

/** Such as `unable to start container process: exec: "foo": executable file not found in $PATH`. */
std::string message_of(const Error& error);

/** To the log (if one is given) as a line of level "error", and to standard error. */
void report_error(const Environment& environment, const std::string& message);

/** The like of level "warning": what goes on all the same. */
void report_warning(const Environment& environment, const std::string& message);

/** The current time as RFC 3339 has it, with nanoseconds and in UTC. */
std::string timestamp();

/** A failure whose wording is fixed: message_of gives `text` back. */
Error plain_error(std::string text);

}  // namespace bulkhead::runtime
