// features: what this runtime can do, as the runtime-spec's features structure.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdio>
#include <initializer_list>

#include "core/linux/names.h"
#include "core/version.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void names(Writer& writer, const char* key, std::initializer_list<const char*> values) {
  writer.Key(key);
  writer.StartArray();
  for (const char* value : values) writer.String(value);
  writer.EndArray();
}

void enabled(Writer& writer, const char* key, bool value) {
  writer.Key(key);
  writer.StartObject();
  writer.Key("enabled");
  writer.Bool(value);
  writer.EndObject();
}

void capabilities(Writer& writer) {
  writer.Key("capabilities");
  writer.StartArray();
  for (int number = 0; number <= last_named_capability(); ++number)
    writer.String(std::string(capability_name(number)).c_str());
  writer.EndArray();
}

void cgroup(Writer& writer) {
  writer.Key("cgroup");
  writer.StartObject();
  for (const auto& [name, value] :
       {std::pair{"v1", true}, {"v2", true}, {"systemd", true}, {"systemdUser", false}, {"rdma", true}}) {
    writer.Key(name);
    writer.Bool(value);
  }
  writer.EndObject();
}

void seccomp(Writer& writer) {
  writer.Key("seccomp");
  writer.StartObject();
  writer.Key("enabled");
  writer.Bool(true);
  names(writer, "actions",
        {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
         "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"});
  names(
      writer, "operators",
      {"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"});
  names(writer, "archs",
        {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32",
         "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
         "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390",
         "SCMP_ARCH_S390X", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"});
  for (const char* key : {"knownFlags", "supportedFlags"})
    names(writer, key,
          {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
           "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"});
  writer.EndObject();
}

void linux_(Writer& writer) {
  writer.Key("linux");
  writer.StartObject();
  names(writer, "namespaces", {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"});
  capabilities(writer);
  cgroup(writer);
  seccomp(writer);
  enabled(writer, "apparmor", true);
  enabled(writer, "selinux", true);
  enabled(writer, "intelRdt", false);
  writer.Key("mountExtensions");
  writer.StartObject();
  enabled(writer, "idmap", true);
  writer.EndObject();
  writer.EndObject();
}

}  // namespace

Result<int> features(const Environment&, std::span<const std::string_view>) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("ociVersionMin");
  writer.String("1.0.0");
  writer.Key("ociVersionMax");
  writer.String(kSpecVersion);
  names(writer, "hooks", {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"});
  names(writer, "mountOptions",
        {"async",
         "atime",
         "bind",
         "defaults",
         "dev",
         "diratime",
         "dirsync",
         "exec",
         "idmap",
         "lazytime",
         "loud",
         "mand",
         "noatime",
         "nodev",
         "nodiratime",
         "noexec",
         "noiversion",
         "nolazytime",
         "nomand",
         "norelatime",
         "nostrictatime",
         "nosuid",
         "nosymfollow",
         "private",
         "ratime",
         "rbind",
         "rdev",
         "rdiratime",
         "relatime",
         "remount",
         "rexec",
         "ridmap",
         "rnoatime",
         "rnodev",
         "rnodiratime",
         "rnoexec",
         "rnorelatime",
         "rnostrictatime",
         "rnosuid",
         "rnosymfollow",
         "ro",
         "rprivate",
         "rrelatime",
         "rro",
         "rrw",
         "rshared",
         "rslave",
         "rstrictatime",
         "rsuid",
         "rsymfollow",
         "runbindable",
         "rw",
         "shared",
         "silent",
         "slave",
         "strictatime",
         "suid",
         "symfollow",
         "sync",
         "tmpcopyup",
         "unbindable"});
  linux_(writer);
  writer.Key("annotations");
  writer.StartObject();
  writer.Key("io.bulkhead.runtime.version");
  writer.String(kVersion);
  writer.EndObject();
  names(writer, "potentiallyUnsafeConfigAnnotations", {});
  writer.EndObject();
  std::printf("%s\n", buffer.GetString());
  return 0;
}

}  // namespace bulkhead::runtime
