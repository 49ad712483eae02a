#include "core/seccomp/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "core/descriptor/unique_fd.h"
#include "core/oci/decode.h"
#include "core/seccomp/compile.h"

namespace bulkhead::seccomp {
namespace {

// Part of the canonical form: changes whenever compile() would make another filter of the same profile.
constexpr const char* kFormat = "bulkhead-seccomp-3";
constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr int kMaxFiles = 256;

class Canonical {
 public:
  void number(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

void append_rule(const oci::SeccompRule& rule, Canonical& canonical) {
  canonical.number(rule.action);
  canonical.number(rule.arguments.size());
  for (const oci::SeccompArgument& argument : rule.arguments)
    for (const std::uint64_t value :
         {std::uint64_t{argument.index}, argument.value, argument.value_two, std::uint64_t{argument.comparison}})
      canonical.number(value);
  canonical.number(rule.names.size());
  for (const std::string& name : rule.names) canonical.text(name);
}

/** The directory, if it is ours alone. It is made when it (or its parent) is missing. */
UniqueFd open_directory(const std::string& path) {
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory && errno == ENOENT) {
    mkdir(path.substr(0, path.rfind('/')).c_str(), 0755);
    mkdir(path.c_str(), 0700);
    directory.reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  struct stat status {};
  const bool is_ours =
      directory && fstat(directory.get(), &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077) == 0;
  if (!is_ours) directory.reset();
  return directory;
}

/**
 * Names files, and finds those that were cut off or decayed. Nothing rests on its strength: a file is believed for the
 * profile that it holds in full. (SHA-256 would cost more than the file saves: asking a virtual machine's processor which
 * instructions it has takes tens of microseconds each time.)
 */
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;  // of FNV-1a
  std::uint64_t sum = 0xcbf29ce484222325;
  const auto add = [&](std::uint64_t word) {
    sum = (sum ^ word) * kPrime;
    sum ^= sum >> 32;
  };
  add(bytes.size());
  for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    add(word);
  }
  for (const char byte : bytes) add(static_cast<unsigned char>(byte));
  return sum;
}

std::string file_name(std::string_view profile) {
  char name[17];
  snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(checksum(profile)));
  return name;
}

/** What begins a file; the canonical profile and the program follow. */
struct Header {
  /** Of all that follows it. */
  std::uint64_t checksum;
  std::uint64_t profile_bytes;
};

std::string file_content(std::string_view profile, std::string_view program) {
  std::string content(sizeof(Header), '\0');
  content.append(profile).append(program);
  const std::uint64_t size = profile.size();
  std::memcpy(content.data() + offsetof(Header, profile_bytes), &size, sizeof size);
  const std::uint64_t sum = checksum(std::string_view(content).substr(sizeof sum));
  std::memcpy(content.data(), &sum, sizeof sum);
  return content;
}

/** The program of a file's content; empty: it is damaged, or another profile's. */
std::string program_in(std::string_view content, std::string_view profile) {
  Header header{};
  if (content.size() <= sizeof header + profile.size()) return {};
  std::memcpy(&header, content.data(), sizeof header);
  const bool is_whole = header.checksum == checksum(content.substr(sizeof header.checksum));
  const bool is_meant =
      header.profile_bytes == profile.size() && content.substr(sizeof header, profile.size()) == profile;
  const std::string_view program = content.substr(sizeof header + profile.size());
  return is_whole && is_meant && program.size() % 8 == 0 ? std::string(program) : std::string();
}

std::string load(const UniqueFd& directory, const std::string& name, std::string_view profile) {
  const UniqueFd file(openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || status.st_size <= 0 || status.st_size > off_t{kMaxFileBytes})
    return {};
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  if (read(file.get(), content.data(), content.size()) != status.st_size) return {};
  return program_in(content, profile);
}

/** Old profiles are not worth a clock: when there are too many, all go. */
void bound(const UniqueFd& directory) {
  const int copy = openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* listing = copy < 0 ? nullptr : fdopendir(copy);
  if (listing == nullptr) return;
  int count = 0;
  while (readdir(listing) != nullptr) ++count;
  rewinddir(listing);
  while (const dirent* entry = count > kMaxFiles ? readdir(listing) : nullptr)
    unlinkat(directory.get(), entry->d_name, 0);
  closedir(listing);
}

/** Best effort: a filter that can't be stored is compiled again the next time. */
void store(const UniqueFd& directory, const std::string& name, const std::string& content) {
  bound(directory);
  const std::string temporary = name + "." + std::to_string(getpid());
  {
    const UniqueFd file(
        openat(directory.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return;
    if (write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
      unlinkat(directory.get(), temporary.c_str(), 0);
      return;
    }
  }
  if (renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0)
    unlinkat(directory.get(), temporary.c_str(), 0);
}

/** The rules that are still text are decoded only here: a filter that is cached has been through it. */
Result<std::string> compile_whole(const oci::Seccomp& profile) {
  if (profile.rule_text.empty()) return compile(profile);
  oci::Seccomp whole = profile;
  whole.rules = BULKHEAD_TRY(oci::decode_rules(profile.rule_text));
  return compile(whole);
}

}  // namespace

std::string canonical_profile(const oci::Seccomp& profile) {
  Canonical canonical;
  canonical.text(kFormat);
  const scmp_version* version = seccomp_version();
  for (const unsigned part : {version->major, version->minor, version->micro}) canonical.number(part);
  canonical.number(seccomp_arch_native());
  canonical.number(profile.default_action);
  canonical.number(profile.architectures.size());
  for (const std::uint32_t architecture : profile.architectures) canonical.number(architecture);
  canonical.number(profile.rules.size());
  for (const oci::SeccompRule& rule : profile.rules) append_rule(rule, canonical);
  canonical.text(profile.rule_text);
  return canonical.take();
}

Result<std::string> MemoryCache::get(const oci::Seccomp& profile) {
  const std::string key = canonical_profile(profile);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = programs_.find(key); found != programs_.end()) return found->second;
  }
  // Outside of the lock: two threads may compile the same once; none waits for the other.
  std::string program = BULKHEAD_TRY(compile_whole(profile));
  const std::lock_guard lock(mutex_);
  if (programs_.size() >= static_cast<std::size_t>(kMaxFiles)) programs_.clear();
  return programs_[key] = std::move(program);
}

Result<std::string> DiskCache::get(const oci::Seccomp& profile) const {
  const UniqueFd directory = open_directory(directory_);
  if (!directory) return compile_whole(profile);
  const std::string canonical = canonical_profile(profile);
  const std::string name = file_name(canonical);
  if (std::string program = load(directory, name, canonical); !program.empty()) return program;
  std::string program = BULKHEAD_TRY(compile_whole(profile));
  store(directory, name, file_content(canonical, program));
  return program;
}

}  // namespace bulkhead::seccomp
