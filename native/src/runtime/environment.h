// What every command is given: the global options. And the table entry by which a command is found.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead::runtime {

constexpr const char* kDefaultRoot = "/run/bulkhead-runtime";

struct Environment {
  /** Where the containers' state is kept. */
  std::string root = kDefaultRoot;
  std::string log;
  bool is_json_log = false;
  bool debug = false;
  /** Containers get a scope of systemd's, instead of a group that is made directly. */
  bool uses_systemd = false;
  /** False: containers stay in the caller's groups, and have no limits. */
  bool has_groups = true;
  /** Groups that the caller may not make are done without, as far as nobody needs them. */
  bool tolerates_missing_groups = false;
  /** A caller who is not root gets a user namespace in which he is. */
  bool makes_namespace = true;
};

/** The exit status of the program. */
using Command = Result<int> (*)(const Environment&, std::span<const std::string_view> words);

Result<int> checkpoint(const Environment&, std::span<const std::string_view>);
Result<int> create(const Environment&, std::span<const std::string_view>);
Result<int> delete_(const Environment&, std::span<const std::string_view>);
Result<int> events(const Environment&, std::span<const std::string_view>);
Result<int> exec(const Environment&, std::span<const std::string_view>);
Result<int> features(const Environment&, std::span<const std::string_view>);
Result<int> kill_(const Environment&, std::span<const std::string_view>);
Result<int> list(const Environment&, std::span<const std::string_view>);
Result<int> pause(const Environment&, std::span<const std::string_view>);
Result<int> ps(const Environment&, std::span<const std::string_view>);
Result<int> restore(const Environment&, std::span<const std::string_view>);
Result<int> resume(const Environment&, std::span<const std::string_view>);
Result<int> run(const Environment&, std::span<const std::string_view>);
Result<int> spec(const Environment&, std::span<const std::string_view>);
Result<int> start(const Environment&, std::span<const std::string_view>);
Result<int> state(const Environment&, std::span<const std::string_view>);
Result<int> update(const Environment&, std::span<const std::string_view>);

}  // namespace bulkhead::runtime
