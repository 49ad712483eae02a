// What a good config.json becomes.
#include "core/oci/decode.h"

#include <doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "sample_config.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

oci::Config decoded(const ConfigParts& parts) {
  auto config = oci::decode_config(config_text(parts));
  INFO((config.ok() ? std::string() : config.error().object));
  REQUIRE(config.ok());
  return config.take();
}

}  // namespace

TEST_CASE("a minimal config is decoded") {
  const oci::Config config = decoded({});
  CHECK(config.oci_version == "1.2.0");
  CHECK(config.root.path == "/rootfs");
  REQUIRE(config.process.has_value());
  CHECK(config.process->args == std::vector<std::string>{"/bin/true"});
  CHECK(config.process->cwd == "/");
  CHECK(config.linux_.find_namespace(CLONE_NEWNS) != nullptr);
  CHECK(config.linux_.find_namespace(CLONE_NEWNET) == nullptr);
}

TEST_CASE("a later minor version and unknown fields are accepted") {
  CHECK(oci::decode_config(
            R"({"ociVersion":"1.3.1-dev","root":{"path":"r"},"future":{"x":[1]},"linux":{"newThing":true}})")
            .ok());
}

TEST_CASE("the process's rights and limits are decoded") {
  ConfigParts parts;
  parts.process = process_with(R"("user":{"uid":1000,"gid":4294967294,"umask":18,"additionalGids":[5,6]},
    "capabilities":{"bounding":["CAP_CHOWN","CAP_CHECKPOINT_RESTORE"],"permitted":["CAP_CHOWN"],"effective":["CAP_CHOWN","CAP_KILL"],"inheritable":[],"ambient":["CAP_CHOWN"]},
    "rlimits":[{"type":"RLIMIT_NOFILE","soft":1024,"hard":18446744073709551615}],"noNewPrivileges":true,"oomScoreAdj":-500,"terminal":true,"consoleSize":{"height":24,"width":80})");
  const oci::Process process = *decoded(parts).process;
  CHECK(process.user.uid == 1000);
  CHECK(process.user.gid == 4294967294u);
  CHECK(process.user.umask == 18u);
  CHECK(process.user.additional_gids == std::vector<std::uint32_t>{5, 6});
  CHECK(process.capabilities.bounding == (1ull | 1ull << 40));
  CHECK(process.capabilities.effective == 1ull);  // CAP_KILL is not permitted
  CHECK(process.capabilities.ambient == 0);       // CAP_CHOWN is not inheritable
  REQUIRE(process.rlimits.size() == 1);
  CHECK(process.rlimits[0].resource == RLIMIT_NOFILE);
  CHECK(process.rlimits[0].hard == RLIM_INFINITY);
  CHECK(process.no_new_privileges);
  CHECK(process.oom_score_adj == -500);
  CHECK(process.console_size->columns == 80);
}

TEST_CASE("mount options are sorted by what the kernel does with them") {
  ConfigParts parts;
  parts.mounts = R"([
    {"destination":"/data","source":"/src","type":"none","options":["rbind","ro","nosuid","rslave","rnodev"]},
    {"destination":"/tmp","source":"tmpfs","type":"tmpfs","options":["size=64k","noexec","strictatime","mode=1777","sync","defaults"]}])";
  const oci::Config config = decoded(parts);
  const oci::MountOptions& bind = config.mounts[0].options;
  CHECK(bind.bind);
  CHECK(bind.recursive);
  CHECK(bind.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
  CHECK(bind.recursive_set == MOUNT_ATTR_NODEV);
  CHECK(bind.propagation == (MS_SLAVE | MS_REC));
  const oci::MountOptions& tmpfs = config.mounts[1].options;
  CHECK(tmpfs.set == (MOUNT_ATTR_NOEXEC | MOUNT_ATTR_STRICTATIME));
  CHECK(tmpfs.clear == MOUNT_ATTR__ATIME);
  REQUIRE(tmpfs.parameters.size() == 3);
  CHECK(tmpfs.parameters[0] == std::pair<std::string, std::optional<std::string>>{"size", "64k"});
  CHECK_FALSE(tmpfs.parameters[2].second.has_value());
}

TEST_CASE("a later mount option takes an earlier one back") {
  oci::MountOptions options;
  for (const char* option : {"ro", "noatime", "rw", "relatime"}) CHECK(oci::apply_mount_option(option, options));
  CHECK(options.set == 0);
  CHECK(options.clear == (MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME));
}

TEST_CASE("limits are decoded, with -1 as no limit") {
  ConfigParts parts;
  parts.linux_ = linux_with(
      R"("resources":{"memory":{"limit":1048576,"swap":-1},"cpu":{"shares":512,"quota":-1,"period":100000,"cpus":"0-1,3"},"pids":{"limit":-1},
    "devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":-1,"access":"r"}],"unified":{"memory.high":"1M"}})");
  const oci::Resources resources = decoded(parts).linux_.resources;
  CHECK(resources.memory.limit == 1048576);
  CHECK(resources.memory.swap == -1);
  CHECK(resources.cpu.quota == -1);
  CHECK(resources.cpu.cpus == std::string("0-1,3"));
  CHECK(resources.pids_limit == -1);
  REQUIRE(resources.devices.size() == 2);
  CHECK(resources.devices[0].type == 'a');
  CHECK_FALSE(resources.devices[1].minor.has_value());
  CHECK_FALSE(resources.devices[1].write);
  CHECK(resources.unified[0].first == "memory.high");
}

TEST_CASE("null is the same as absent") {
  CHECK(
      oci::decode_config(
          R"({"ociVersion":"1.0.2","root":{"path":"r"},"process":null,"mounts":null,"hooks":null,"linux":{"seccomp":null,"devices":null}})")
          .ok());
}

TEST_CASE("process and resources are decoded by themselves") {
  CHECK(oci::decode_process(R"({"args":["sh"],"cwd":"/"})").ok());
  CHECK(oci::decode_resources(R"({"pids":{"limit":5}})").value().pids_limit == 5);
}
