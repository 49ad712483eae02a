#include "core/seccomp/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
constexpr const char* kFormat = "bulkhead-seccomp-4";
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

std::string file_name(std::uint64_t sum) {
  char name[17];
  snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(sum));
  return name;
}

/** All but the text of rules that have not been decoded; its length is the last that is in it. */
std::string canonical_head(const oci::Seccomp& profile) {
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
  canonical.number(profile.rule_text.size());
  return canonical.take();
}

/**
 * What decides about a filter, as it stands in a file: the canonical form in two parts, for the text of rules that have not been
 * decoded makes up most of it and is not copied.
 */
struct Profile {
  explicit Profile(const oci::Seccomp& profile) : head(canonical_head(profile)), rule_text(profile.rule_text) {}
  std::size_t size() const { return head.size() + rule_text.size(); }
  std::string name() const { return file_name(checksum(head) ^ checksum(rule_text) << 1); }

  std::string head;
  std::string_view rule_text;
};

/** What begins a file; the canonical profile and the program follow. */
struct Header {
  /** Of the program: the profile is compared in full. */
  std::uint64_t checksum;
  std::uint64_t profile_bytes;
};

std::string file_content(const Profile& profile, std::string_view program) {
  const Header header{checksum(program), profile.size()};
  std::string content(reinterpret_cast<const char*>(&header), sizeof header);
  return content.append(profile.head).append(profile.rule_text).append(program);
}

/** Whether the file goes on with `expected`: compared piece by piece, not held. */
bool goes_on_with(const UniqueFd& file, std::string_view expected) {
  char piece[4096];
  while (!expected.empty()) {
    const std::size_t size = std::min(expected.size(), sizeof piece);
    if (read(file.get(), piece, size) != static_cast<ssize_t>(size)) return false;
    if (std::memcmp(piece, expected.data(), size) != 0) return false;
    expected.remove_prefix(size);
  }
  return true;
}

/** The rest of the file; empty: it is damaged. */
std::string read_program(const UniqueFd& file, std::size_t size, std::uint64_t sum) {
  std::string program(size, '\0');
  const bool is_whole =
      read(file.get(), program.data(), size) == static_cast<ssize_t>(size) && checksum(program) == sum && size % 8 == 0;
  return is_whole ? program : std::string();
}

/** Empty: there is none, it is damaged, or it is another profile's. */
std::string load(const UniqueFd& directory, const Profile& profile) {
  const UniqueFd file(openat(directory.get(), profile.name().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || status.st_size <= 0 || status.st_size > off_t{kMaxFileBytes})
    return {};
  Header header{};
  const std::size_t before = sizeof header + profile.size();
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size <= before || read(file.get(), &header, sizeof header) != sizeof header) return {};
  const bool is_meant = header.profile_bytes == profile.size() && goes_on_with(file, profile.head) &&
                        goes_on_with(file, profile.rule_text);
  return is_meant ? read_program(file, size - before, header.checksum) : std::string();
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

std::string canonical_profile(const oci::Seccomp& profile) { return canonical_head(profile).append(profile.rule_text); }

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
  const Profile wanted(profile);
  if (std::string program = load(directory, wanted); !program.empty()) return program;
  std::string program = BULKHEAD_TRY(compile_whole(profile));
  store(directory, wanted.name(), file_content(wanted, program));
  return program;
}

}  // namespace bulkhead::seccomp
