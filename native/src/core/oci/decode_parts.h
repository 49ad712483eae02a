// The parts of the decoder, one a file; decode.cpp puts them together.
#pragma once

#include "core/oci/config.h"
#include "core/oci/json_reader.h"

namespace bulkhead::oci {

void decode_part(const JsonNode& node, Process& process);
void decode_part(const JsonNode& node, Mount& mount);
void decode_part(const JsonNode& node, Linux& linux_);
void decode_part(const JsonNode& node, Resources& resources);
void decode_part(const JsonNode& node, Seccomp& seccomp);
/** `node`: linux.seccomp. */
void decode_part(const JsonNode& node, std::vector<SeccompRule>& rules);
void decode_part(const JsonNode& node, Hooks& hooks);

/** The process's `scheduler`, `ioPriority`, `execCPUAffinity`. */
void decode_scheduling(const JsonNode& node, Process& process);

void decode_id_mappings(const JsonNode& node, const char* name, std::vector<IdMapping>& mappings);

/** Reads an absolute path without `..` components. */
bool read_absolute_path(const JsonNode& node, const char* name, std::string& target);
bool is_absolute_path(const std::string& path);

}  // namespace bulkhead::oci
