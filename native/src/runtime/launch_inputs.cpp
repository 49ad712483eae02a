// What a launch is given from outside: options, sockets, files, the filter.
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "core/linux/files.h"
#include "runtime/container_launch.h"
#include "runtime/user_namespace.h"

namespace bulkhead::runtime {

Result<LaunchOptions> launch_options(const Arguments& arguments) {
  if (arguments.operands().size() != 1)
    return make_error("usage", 0, "exactly 1 argument is required: the container's ID");
  LaunchOptions options;
  options.id = arguments.operands().front();
  const std::string bundle = arguments.get("bundle", ".");
  char resolved[PATH_MAX];
  if (realpath(bundle.c_str(), resolved) == nullptr) return make_error("state", errno, bundle);
  options.bundle = resolved;
  options.config_path = arguments.get("config", "config.json");
  if (options.config_path.front() != '/') options.config_path = options.bundle + "/" + options.config_path;
  options.pid_file = arguments.get("pid-file");
  options.console_socket = arguments.get("console-socket");
  options.pidfd_socket = arguments.get("pidfd-socket");
  options.no_pivot = arguments.has("no-pivot");
  options.new_keyring = !arguments.has("no-new-keyring");
  const std::int64_t count = BULKHEAD_TRY(parse_number("preserve-fds", arguments.get("preserve-fds", "0")));
  if (count < 0 || count > 64) return make_error("usage", 0, "preserve-fds: not within 0 and 64");
  options.preserved_fds = static_cast<int>(count);
  return options;
}

Result<UniqueFd> connect_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return make_error("state", ENAMETOOLONG, path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_fd || connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return make_error("state", errno, path);
  return socket_fd;
}

Result<void> write_pid_file(const std::string& path, pid_t pid) {
  if (path.empty()) return {};
  return replace_file(path, std::to_string(pid), 0644, "state");
}

Result<oci::Config> load_config(const StateDirectory& directory) {
  return oci::decode_config_without_rules(BULKHEAD_TRY(read_file(directory.config_path())));
}

namespace {

/** Of whoever is not the host's root: his own. */
std::string seccomp_cache_directory() {
  const char* runtime_directory = getenv("XDG_RUNTIME_DIR");
  const bool is_own = runtime_directory != nullptr && *runtime_directory == '/' && is_in_user_namespace();
  return is_own ? std::string(runtime_directory) + "/bulkhead/seccomp" : seccomp::kDefaultCacheDirectory;
}

}  // namespace

Result<std::string> seccomp_program(const oci::Config& config) {
  if (!config.linux_.seccomp) return std::string();
  return seccomp::DiskCache(seccomp_cache_directory()).get(*config.linux_.seccomp);
}

Result<UniqueFd> connect_listener(const oci::Config& config) {
  if (!config.linux_.seccomp || !config.linux_.seccomp->notifies()) return UniqueFd();
  return connect_socket(config.linux_.seccomp->listener_path);
}

Result<void> check_labels(const oci::Config& config) {
  const bool has_apparmor = path_exists("/sys/module/apparmor/parameters/enabled") &&
                            read_file("/sys/module/apparmor/parameters/enabled").ok() &&
                            read_file("/sys/module/apparmor/parameters/enabled").value().starts_with('Y');
  const bool has_selinux = path_exists("/sys/fs/selinux/enforce");
  const bool wants_apparmor = config.process && !config.process->apparmor_profile.empty();
  const bool wants_selinux =
      !config.linux_.mount_label.empty() || (config.process && !config.process->selinux_label.empty());
  if (wants_apparmor && !has_apparmor)
    return make_error("config", EINVAL,
                      "apparmor profile is specified in config, but apparmor is disabled or not supported");
  if (wants_selinux && !has_selinux)
    return make_error("config", EINVAL,
                      "selinux label is specified in config, but selinux is disabled or not supported");
  return {};
}

}  // namespace bulkhead::runtime
