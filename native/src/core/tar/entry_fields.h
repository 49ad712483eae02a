// One entry's fields, out of its header and of the extensions before it: which says what, and what is refused.
#pragma once

#include <optional>
#include <string>

#include "core/layers/entry.h"
#include "core/tar/pax.h"
#include "core/tar/tar_header.h"

namespace bulkhead {

/** nullopt: a kind that is no file of a container (a volume's label, an unknown type): its data is skipped. */
std::optional<EntryKind> entry_kind(char type, const std::string& name);
/** Pax before GNU before the header itself; a sparse file's real name before all. */
std::string choose_name(const TarHeader& header, const PaxRecords& pax, const std::optional<std::string>& long_name);
std::string choose_link(const TarHeader& header, const PaxRecords& pax, const std::optional<std::string>& long_link);
/** Mode, owner, time, device and size. */
Result<void> fill_numbers(const TarHeader& header, const PaxRecords& pax, Entry& entry);

std::string until_nul(std::string text);

}  // namespace bulkhead
