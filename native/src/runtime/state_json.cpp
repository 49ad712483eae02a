// The state of a container as JSON: as it is kept, and as the runtime-spec has it.
#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "core/plan/plan.h"
#include "core/version.h"
#include "runtime/container_launch.h"
#include "runtime/container_state.h"

namespace bulkhead::runtime {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void field(Writer& writer, const char* name, const std::string& value) {
  writer.Key(name);
  writer.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

void annotations(Writer& writer, const ContainerState& state) {
  if (state.annotations.empty()) return;
  writer.Key("annotations");
  writer.StartObject();
  for (const auto& [name, value] : state.annotations) field(writer, name.c_str(), value);
  writer.EndObject();
}

}  // namespace

const char* status_name(Status status) {
  switch (status) {
    case Status::kCreating:
      return "creating";
    case Status::kCreated:
      return "created";
    case Status::kRunning:
      return "running";
    case Status::kPaused:
      return "paused";
    case Status::kStopped:
      break;
  }
  return "stopped";
}

std::string saved_json(const ContainerState& state) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  field(writer, "id", state.id);
  writer.Key("pid");
  writer.Int(state.pid);
  writer.Key("startTimeTicks");
  writer.Uint64(state.start_time_ticks);
  field(writer, "bundle", state.bundle);
  field(writer, "rootfs", state.rootfs);
  field(writer, "cgroupPath", state.cgroup_path);
  if (!state.systemd_unit.empty()) field(writer, "systemdUnit", state.systemd_unit);
  field(writer, "created", state.created);
  annotations(writer, state);
  writer.EndObject();
  return buffer.GetString();
}

namespace {

std::string text_of(const rapidjson::Document& document, const char* name) {
  const auto member = document.FindMember(name);
  return member != document.MemberEnd() && member->value.IsString()
             ? std::string(member->value.GetString(), member->value.GetStringLength())
             : std::string();
}

}  // namespace

std::optional<ContainerState> parse_saved_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.c_str());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  ContainerState state;
  state.id = text_of(document, "id");
  state.bundle = text_of(document, "bundle");
  state.rootfs = text_of(document, "rootfs");
  state.cgroup_path = text_of(document, "cgroupPath");
  state.systemd_unit = text_of(document, "systemdUnit");
  state.created = text_of(document, "created");
  if (const auto pid = document.FindMember("pid"); pid != document.MemberEnd() && pid->value.IsInt())
    state.pid = pid->value.GetInt();
  if (const auto ticks = document.FindMember("startTimeTicks");
      ticks != document.MemberEnd() && ticks->value.IsUint64())
    state.start_time_ticks = ticks->value.GetUint64();
  if (const auto map = document.FindMember("annotations"); map != document.MemberEnd() && map->value.IsObject())
    for (const auto& entry : map->value.GetObject())
      if (entry.value.IsString()) state.annotations[entry.name.GetString()] = entry.value.GetString();
  return state;
}

std::string state_json(const ContainerState& state, Status status) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  field(writer, "ociVersion", kSpecVersion);
  field(writer, "id", state.id);
  writer.Key("pid");
  writer.Int(status == Status::kStopped ? 0 : state.pid);
  field(writer, "status", status_name(status));
  field(writer, "bundle", state.bundle);
  field(writer, "rootfs", state.rootfs);
  field(writer, "created", state.created);
  annotations(writer, state);
  field(writer, "owner", "root");
  writer.EndObject();
  return buffer.GetString();
}

namespace {

/** A pid that is known only later: JSON text can't hold this byte, so that it is no other's place. */
void place_pid(Writer& writer) {
  writer.Key("pid");
  writer.RawValue(&plan::kPidPlace, 1, rapidjson::kNumberType);
}

}  // namespace

std::string listener_message(const oci::Config& config, const ContainerState& state, Status status) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  field(writer, "ociVersion", kSpecVersion);
  writer.Key("fds");
  writer.StartArray();
  writer.String("seccompFd");
  writer.EndArray();
  place_pid(writer);
  field(writer, "metadata", config.linux_.seccomp->listener_metadata);
  writer.Key("state");
  writer.StartObject();
  field(writer, "ociVersion", kSpecVersion);
  field(writer, "id", state.id);
  field(writer, "status", status_name(status));
  if (state.pid == 0) {
    place_pid(writer);
  } else {
    writer.Key("pid");
    writer.Int(state.pid);
  }
  field(writer, "bundle", state.bundle);
  annotations(writer, state);
  writer.EndObject();
  writer.EndObject();
  return buffer.GetString();
}

}  // namespace bulkhead::runtime
