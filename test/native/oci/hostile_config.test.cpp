// Configs that must be refused, each with the field that is wrong (T-R13, T-R15, T-R18 and the eight rules).
#include <doctest.h>

#include "core/oci/decode.h"
#include "sample_config.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

/** The error's object when `text` is refused; "accepted" when it is not. */
std::string refusal(const std::string& text) {
  const auto config = oci::decode_config(text);
  if (config.ok()) return "accepted";
  CHECK(config.error().step == "config");
  return config.error().object;
}
std::string process_refusal(const std::string& fields) {
  ConfigParts parts;
  parts.process = process_with(fields);
  return refusal(config_text(parts));
}
std::string linux_refusal(const std::string& fields) {
  ConfigParts parts;
  parts.linux_ = linux_with(fields);
  return refusal(config_text(parts));
}
std::string mount_refusal(const std::string& mount) {
  ConfigParts parts;
  parts.mounts = "[" + mount + "]";
  return refusal(config_text(parts));
}

struct Case {
  const char* fields;
  const char* path;
};

}  // namespace

TEST_CASE("what is not JSON, too large or too deep is refused") {
  CHECK(refusal("").starts_with("byte 0"));
  CHECK(refusal("{").starts_with("byte"));
  CHECK(refusal("[]") == "not an object");
  CHECK(refusal("{} x").starts_with("byte"));
  CHECK(refusal("{\"ociVersion\":\"\xff\xfe\"}").starts_with("byte"));
  CHECK(refusal(std::string(200, '[') + std::string(200, ']')) == "the document is nested too deeply");
  CHECK(refusal(std::string(1 << 20, '[')) == "the document is nested too deeply");
  const auto large = oci::decode_config(std::string(oci::kMaxConfigBytes + 1, ' '));
  CHECK(large.error().number == E2BIG);
}

TEST_CASE("versions other than 1.x are refused") {
  for (const char* version : {"2.0.0", "0.9.0", "1", "1.", ""}) {
    const std::string text = R"({"ociVersion":")" + std::string(version) + R"(","root":{"path":"r"}})";
    CHECK(refusal(text).starts_with("ociVersion"));
  }
  CHECK(refusal(R"({"root":{"path":"r"}})") == "ociVersion: missing");
  CHECK(refusal(R"({"ociVersion":"1.0.0"})") == "root: missing");
}

TEST_CASE("ids are unsigned 32-bit numbers, and never -1 (T-R13)") {
  for (const char* id : {"4294967296", "4294967295", "-1", "18446744073709551616", "1.5", "\"0\"", "true", "[0]"}) {
    INFO(id);
    CHECK(process_refusal(R"("user":{"uid":)" + std::string(id) + "}").starts_with("process.user"));
    CHECK(process_refusal(R"("user":{"gid":)" + std::string(id) + "}").starts_with("process.user"));
    CHECK(process_refusal(R"("user":{"additionalGids":[)" + std::string(id) + "]}").starts_with("process.user"));
  }
  CHECK(process_refusal(R"("user":{"uid":2147483648,"gid":4294967294})") == "accepted");
}

TEST_CASE("a process that can't be meant is refused") {
  const Case cases[] = {
      {R"("args":[])", "process.args"},
      {R"("args":[""])", "process.args"},
      {R"("args":["a",1])", "process.args[1]"},
      {R"("args":"sh")", "process.args"},
      {R"("cwd":"tmp")", "process.cwd"},
      {R"("cwd":"/a/../b")", "process.cwd"},
      {R"("cwd":"")", "process.cwd"},
      {R"("env":["NOEQUALS"])", "process.env"},
      {R"("env":["=x"])", "process.env"},
      {R"("args":["a\u0000b"])", "process.args[0]"},
      {R"("capabilities":{"bounding":["CAP_NONSENSE"]})", "process.capabilities.bounding[0]"},
      {R"("capabilities":{"bounding":["net_raw"]})", "process.capabilities.bounding[0]"},
      {R"("capabilities":["CAP_KILL"])", "process.capabilities"},
      {R"("rlimits":[{"type":"RLIMIT_X","soft":1,"hard":1}])", "process.rlimits[0]"},
      {R"("rlimits":[{"type":"RLIMIT_CPU","soft":2,"hard":1}])", "process.rlimits[0]"},
      {R"("rlimits":[{"type":"RLIMIT_CPU","soft":-1,"hard":1}])", "process.rlimits[0].soft"},
      {R"("rlimits":[{"type":"RLIMIT_CPU","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":1,"hard":1}])",
       "process.rlimits[1]"},
      {R"("oomScoreAdj":1001)", "process.oomScoreAdj"},
      {R"("user":{"umask":512})", "process.user"},
      {R"("terminal":1)", "process.terminal"},
      {R"("apparmorProfile":"a\nb")", "process.apparmorProfile"},
      {R"("selinuxLabel":"a\nb")", "process.selinuxLabel"},
      {R"("scheduler":{"policy":"SCHED_SOMETIMES"})", "process.scheduler.policy"},
      {R"("scheduler":{"policy":"SCHED_FIFO"})", "process.scheduler"},
      {R"("scheduler":{"policy":"SCHED_OTHER","nice":20})", "process.scheduler"},
      {R"("scheduler":{"policy":"SCHED_OTHER","runtime":1})", "process.scheduler"},
      {R"("scheduler":{"policy":"SCHED_DEADLINE"})", "process.scheduler"},
      {R"("scheduler":{"policy":"SCHED_OTHER","flags":["X"]})", "process.scheduler.flags[0]"},
      {R"("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8})", "process.ioPriority.priority"},
      {R"("ioPriority":{"class":"X","priority":1})", "process.ioPriority.class"},
      {R"("execCPUAffinity":{"initial":"1-"})", "process.execCPUAffinity.initial"},
      {R"("execCPUAffinity":{"final":"3-1"})", "process.execCPUAffinity.final"},
      {R"("execCPUAffinity":{"final":"99999"})", "process.execCPUAffinity.final"},
      {R"("ioPriority":{"class":"IOPRIO_CLASS_RT"})", "process.ioPriority"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.fields);
    // Later duplicates lose: the field under test comes first.
    const std::string text = R"({"ociVersion":"1.2.0","root":{"path":"r"},"process":{)" + std::string(wrong.fields) +
                             R"(,"args":["/bin/true"],"cwd":"/"}})";
    CHECK(refusal(text).starts_with(wrong.path));
  }
}

TEST_CASE("strings up to what execve takes are taken, longer ones refused (T-R15)") {
  for (const std::size_t size : {65535u, 65536u, 131071u})
    CHECK(process_refusal(R"("env":["A=)" + std::string(size - 2, 'x') + "\"]") == "accepted");
  CHECK(process_refusal(R"("env":["A=)" + std::string(131070, 'x') + "\"]").starts_with("process.env"));
  CHECK(mount_refusal(R"({"destination":"/)" + std::string(5000, 'd') + R"(","type":"tmpfs"})")
            .starts_with("mounts[0].destination"));
}

TEST_CASE("mounts that can't be applied as they are written are refused") {
  const Case cases[] = {
      {R"({"destination":"","type":"tmpfs"})", "mounts[0].destination"},
      {R"({"destination":"/a/../../etc","type":"tmpfs"})", "mounts[0].destination"},
      {R"({"destination":"a/../../etc","type":"tmpfs"})", "mounts[0].destination"},
      {R"({"type":"tmpfs"})", "mounts[0].destination"},
      {R"({"destination":"/a"})", "mounts[0]"},
      {R"({"destination":"/a","options":["bind"]})", "mounts[0]"},
      {R"({"destination":"/a","source":"/b","options":["bind","size=1"]})", "mounts[0].options"},
      {R"({"destination":"/a","source":"/b","options":["bind","nonsense"]})", "mounts[0].options"},
      {R"({"destination":"/a","source":"/b","type":"tmpfs","options":["remount"]})", "mounts[0]"},
      {R"({"destination":"/a","source":"/b","type":"tmpfs","options":["mode="]})", "mounts[0].options[0]"},
      {R"({"destination":"/a","source":"/b","type":"tmpfs","options":[7]})", "mounts[0].options[0]"},
      {R"({"destination":"/a","type":"proc","options":["tmpcopyup"]})", "mounts[0]"},
      {R"({"destination":"/a","type":"tmpfs","options":["idmap"]})", "mounts[0]"},
      {R"({"destination":"/a","source":"/b","options":["bind"],"uidMappings":[{"containerID":0,"hostID":0,"size":1}]})",
       "mounts[0]"},
      {R"({"destination":"/a","source":"/b\u0000c","options":["bind"]})", "mounts[0].source"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.fields);
    CHECK(mount_refusal(wrong.fields).starts_with(wrong.path));
  }
}

TEST_CASE("sysctls are those of the container's namespaces, spelled plainly (T-R18)") {
  for (const char* key : {"kernel.core_pattern", "kernel/core_pattern", "kernel.msgmax/../core_pattern",
                          "net/../kernel/core_pattern", "net.ipv4.ip_forward+kernel.core_pattern",
                          "net.ipv4.ip_forward=1\\nkernel.core_pattern", "kernel.shm_rmid_forced ", "", "net..ipv4",
                          "/net/ipv4", "net/", "vm.swappiness", "fs.file-max", "kernel.hostname"}) {
    INFO(key);
    CHECK(linux_refusal(R"("sysctl":{")" + std::string(key) + R"(":"1"})").starts_with("linux.sysctl."));
  }
  CHECK(linux_refusal(R"("sysctl":{"net.ipv4.ip_forward":"1\n2"})").starts_with("linux.sysctl"));
  CHECK(
      linux_refusal(R"("sysctl":{"net.ipv4.conf.eth0/1.rp_filter":"1","kernel.msgmax":"1","fs.mqueue.msg_max":"9"})") ==
      "accepted");
  ConfigParts host_network;
  host_network.linux_ = R"({"namespaces":[{"type":"mount"}],"sysctl":{"net.ipv4.ip_forward":"1"}})";
  CHECK(refusal(config_text(host_network)).starts_with("linux.sysctl.net.ipv4.ip_forward"));
}

TEST_CASE("linux fields out of their range are refused") {
  const Case cases[] = {
      {R"("resources":{"memory":{"limit":-2}})", "linux.resources.memory.limit"},
      {R"("resources":{"memory":{"limit":"1g"}})", "linux.resources.memory.limit"},
      {R"("resources":{"memory":{"limit":9223372036854775808}})", "linux.resources.memory.limit"},
      {R"("resources":{"memory":{"limit":2048,"swap":1024}})", "linux.resources.memory"},
      {R"("resources":{"memory":{"swappiness":101}})", "linux.resources.memory.swappiness"},
      {R"("resources":{"cpu":{"shares":-1}})", "linux.resources.cpu.shares"},
      {R"("resources":{"cpu":{"cpus":"0;1"}})", "linux.resources.cpu.cpus"},
      {R"("resources":{"cpu":{"idle":2}})", "linux.resources.cpu.idle"},
      {R"("resources":{"blockIO":{"weight":5}})", "linux.resources.blockIO.weight"},
      {R"("resources":{"blockIO":{"weight":65536}})", "linux.resources.blockIO.weight"},
      {R"("resources":{"hugepageLimits":[{"pageSize":"../2MB","limit":1}]})", "linux.resources.hugepageLimits[0]"},
      {R"("resources":{"devices":[{"allow":true,"type":"x"}]})", "linux.resources.devices[0]"},
      {R"("resources":{"devices":[{"allow":true,"type":"a","major":1}]})", "linux.resources.devices[0]"},
      {R"("resources":{"devices":[{"allow":true,"type":"c","access":"rx"}]})", "linux.resources.devices[0]"},
      {R"("resources":{"unified":{"../memory.max":"1"}})", "linux.resources.unified"},
      {R"("resources":{"unified":{"cgroup.procs":"1"}})", "linux.resources.unified"},
      {R"("devices":[{"path":"/dev/../x","type":"c","major":1,"minor":3}])", "linux.devices[0].path"},
      {R"("devices":[{"path":"/dev/x","type":"c","major":4096,"minor":0}])", "linux.devices[0]"},
      {R"("devices":[{"path":"/dev/x","type":"z"}])", "linux.devices[0]"},
      {R"("cgroupsPath":"/a/../b")", "linux.cgroupsPath"},
      {R"("cgroupsPath":"/")", "linux.cgroupsPath"},
      {R"("cgroupsPath":"//./")", "linux.cgroupsPath"},
      {R"("cgroupsPath":".")", "linux.cgroupsPath"},
      {R"("maskedPaths":["proc"])", "linux.maskedPaths"},
      {R"("rootfsPropagation":"sideways")", "linux.rootfsPropagation"},
      {R"("mountLabel":"x\ny")", "linux.mountLabel"},
      {R"("intelRdt":{})", "linux.intelRdt"},
      {R"("personality":{"domain":"SOLARIS"})", "linux.personality"},
      {R"("personality":{"domain":"LINUX","flags":["X"]})", "linux.personality.flags"},
      {R"("uidMappings":[{"containerID":0,"hostID":0,"size":1}])", "linux"},
      {R"("timeOffsets":{"monotonic":{"secs":1}})", "linux"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_MAYBE"})", "linux.seccomp.defaultAction"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_NOTIFY"})", "linux.seccomp.defaultAction"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1})", "linux.seccomp.defaultErrnoRet"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_PDP11"]})",
       "linux.seccomp.architectures[0]"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_KILL"}]})",
       "linux.seccomp.syscalls[0].names"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]})",
       "linux.seccomp.syscalls[0].args[0]"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_X"]})", "linux.seccomp.flags[0]"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"run/x"})", "linux.seccomp.listenerPath"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}]})",
       "linux.seccomp.listenerPath"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x","syscalls":[{"names":["sendmsg"],"action":"SCMP_ACT_NOTIFY"}]})",
       "linux.seccomp.syscalls"},
      {R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]})",
       "linux.seccomp.flags"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.fields);
    CHECK(linux_refusal(wrong.fields).starts_with(wrong.path));
  }
}

TEST_CASE("namespaces are known, named once, and joined by absolute paths") {
  const auto with = [](const char* namespaces) {
    ConfigParts parts;
    parts.linux_ = R"({"namespaces":)" + std::string(namespaces) + "}";
    return refusal(config_text(parts));
  };
  CHECK(with(R"([{"type":"galaxy"}])").starts_with("linux.namespaces[0]"));
  CHECK(with(R"([{"type":"pid"},{"type":"pid"}])").starts_with("linux.namespaces[1]"));
  CHECK(with(R"([{"type":"network","path":"proc/1/ns/net"}])").starts_with("linux.namespaces[0].path"));
  CHECK(with(R"([{"type":"user"}])").starts_with("linux:"));
}

TEST_CASE("hooks are absolute") {
  ConfigParts parts;
  parts.more = R"(,"hooks":{"poststop":[{"path":"hook"}]})";
  CHECK(refusal(config_text(parts)).starts_with("hooks.poststop[0].path"));
}
