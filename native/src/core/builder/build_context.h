// What the parts of the builder share: the config, the writer, the slots, and the translation of ids.
#pragma once

#include <sched.h>

#include <cerrno>

#include "core/builder/plan_builder.h"
#include "core/plan/plan_writer.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace bulkhead::builder {

struct BuildContext {
  const cgroup::Host& host;
  const oci::Config& config;
  plan::Plan plan{};
  plan::PlanWriter writer;
  std::vector<SlotSource> slots;

  plan::Text text(std::string_view content) { return writer.text(content); }
  /** Absent when empty. */
  plan::Text optional_text(std::string_view content) {
    return content.empty() ? plan::Text{0, 0} : writer.text(content);
  }
  plan::Array<plan::Text> texts(const std::vector<std::string>& contents) {
    std::vector<plan::Text> result;
    for (const std::string& content : contents) result.push_back(text(content));
    return writer.array(result);
  }
  plan::Slot slot(SlotSource source) {
    slots.push_back(std::move(source));
    return static_cast<plan::Slot>(slots.size() - 1);
  }
  plan::Slot optional_slot(int fd) { return fd < 0 ? plan::kNoSlot : slot({fd, {}}); }

  bool has_user_namespace() const { return config.linux_.find_namespace(CLONE_NEWUSER) != nullptr; }
};

inline Error config_error(std::string object) { return make_error("config", EINVAL, object); }

/** The container's id `id` as the host sees it; without mappings the same. None: it is not mapped. */
std::optional<std::uint32_t> host_id(const std::vector<oci::IdMapping>& mappings, std::uint32_t id);

plan::Array<plan::IdMapping> write_id_mappings(BuildContext& context, const std::vector<oci::IdMapping>& mappings);

Result<void> build_namespaces(BuildContext& context);
Result<void> build_mounts(BuildContext& context, const CreateSettings& settings,
                          const std::vector<std::string>& cgroup_directories);
/** `are_bound`: device_binds makes mounts of them; only what is no device (a FIFO) is made here. */
Result<void> build_devices(BuildContext& context, bool are_bound);
/** The host's own nodes as bind mounts, for a launcher that can make none. */
std::vector<oci::Mount> device_binds(const oci::Config& config);
Result<void> build_process(BuildContext& context, const ProcessSettings& settings);
void build_supervision(BuildContext& context, const Supervision& supervision);

/** Whether the config mounts a tmpfs at /dev: then the devices are put there, before the container can see it. */
bool has_dev_tmpfs(const oci::Config& config);
bool is_dev_tmpfs(const oci::Mount& mount);

/** Whether `path` is `directory` or below it. */
bool is_within(std::string_view path, std::string_view directory);

}  // namespace bulkhead::builder
