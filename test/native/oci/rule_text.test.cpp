// The seccomp rules of a config.json as text: found where they are certain to be, and worth the same as decoded at once.
#include "core/oci/rule_text.h"

#include <doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/oci/decode.h"
#include "core/seccomp/cache.h"
#include "core/seccomp/compile.h"

using namespace bulkhead;

namespace {

constexpr const char* kRules = R"([{"names":["mount","umount2"],"action":"SCMP_ACT_ERRNO","errnoRet":1}])";

std::string config_with(const std::string& linux_, const std::string& more = {}) {
  return R"({"ociVersion":"1.2.0","root":{"path":"/r"})" + more + R"(,"linux":)" + linux_ + "}";
}
std::string with_rules(const std::string& rules) {
  return config_with(R"({"namespaces":[{"type":"mount"}],"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":)" +
                     rules + R"(,"architectures":["SCMP_ARCH_X86_64"]},"maskedPaths":["/proc/kcore"]})");
}

bool is_parted(const std::string& text) { return oci::part_rules(text).has_value(); }

}  // namespace

TEST_CASE("rules are parted from the rest, which stays a config of its own") {
  const std::string text = with_rules(kRules);
  const auto parted = oci::part_rules(text);
  REQUIRE(parted.has_value());
  CHECK(parted->rules == kRules);
  CHECK(parted->rest == with_rules("[]"));
  const auto config = oci::decode_config(parted->rest);
  REQUIRE(config.ok());
  CHECK(config.value().linux_.masked_paths.size() == 1);
}

TEST_CASE("brackets, quotes and the names of the way inside of strings lead nobody astray") {
  const std::string odd = R"([{"names":["mount"],"action":"SCMP_ACT_ERRNO","comment":"]}\\\"[{ \"syscalls\":"}])";
  // What is found is a view of the text.
  const std::string text = with_rules(odd);
  const auto parted = oci::part_rules(text);
  REQUIRE(parted.has_value());
  CHECK(parted->rules == odd);
  const std::string elsewhere = R"(,"annotations":{"a":"linux","b":"\"linux\":{\"seccomp\":{\"syscalls\":[1]}}"})";
  const std::string other = config_with(R"({"seccomp":{"syscalls":[],"defaultAction":"SCMP_ACT_LOG"}})", elsewhere);
  const auto second = oci::part_rules(other);
  REQUIRE(second.has_value());
  CHECK(second->rules == "[]");
}

TEST_CASE("where the place is not certain, nothing is parted") {
  // Not on the way through linux.
  CHECK_FALSE(is_parted(config_with("{}", R"(,"other":{"seccomp":{"syscalls":[1]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"other":{"syscalls":[1]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"defaultAction":"SCMP_ACT_LOG"},"x":{"syscalls":[]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":[{"syscalls":[]}]})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":{"a":1}}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":null,"x":[1]}})")));
  // Twice, or escaped: which one counts is for the decoder to say.
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":[1],"syscalls":[2]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":[1]},"seccomp":{"syscalls":[2]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":[1]}},"linux":{"seccomp":{"syscalls":[2]}})")));
  CHECK_FALSE(is_parted(config_with(R"({"seccomp":{"syscalls":[1]},"\u0073eccomp":{"syscalls":[2]}})")));
  // No JSON.
  for (const char* text : {"", "{", "]", R"({"linux":{"seccomp":{"syscalls":[)", R"({"linux":"abc)", "}{"})
    CHECK_FALSE(is_parted(text));
}

TEST_CASE("a filter of rules kept as text is the filter of the rules, and is found again without decoding them") {
  const std::string text = with_rules(kRules);
  const auto whole = oci::decode_config(text);
  const auto lazy = oci::decode_config_without_rules(text);
  REQUIRE(whole.ok());
  REQUIRE(lazy.ok());
  CHECK(lazy.value().linux_.seccomp->rules.empty());
  CHECK(lazy.value().linux_.seccomp->rule_text == kRules);
  seccomp::MemoryCache cache;
  const auto first = cache.get(*lazy.value().linux_.seccomp);
  REQUIRE(first.ok());
  CHECK(first.value() == seccomp::compile(*whole.value().linux_.seccomp).value());
  CHECK(cache.get(*lazy.value().linux_.seccomp).value() == first.value());
}

TEST_CASE("rules that are wrong are refused when they are first used, and named by their place") {
  for (const char* rules :
       {R"([{"names":["mount"],"action":"SCMP_ACT_NONSENSE"}])", "[}", R"([{"names":[]}])", "[1]"}) {
    const auto config = oci::decode_config_without_rules(with_rules(rules));
    if (!config.ok()) continue;
    seccomp::MemoryCache cache;
    const auto program = cache.get(*config.value().linux_.seccomp);
    REQUIRE_FALSE(program.ok());
    CHECK(program.error().step == "config");
  }
  const auto config =
      oci::decode_config_without_rules(with_rules(R"([{"names":["mount"],"action":"SCMP_ACT_NONSENSE"}])"));
  REQUIRE(config.ok());
  seccomp::MemoryCache cache;
  CHECK(cache.get(*config.value().linux_.seccomp).error().object.starts_with("linux.seccomp.syscalls[0].action"));
}

TEST_CASE("the real configs part, and give what they give undivided") {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("test/fixtures/oci")) {
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    const auto lazy = oci::decode_config_without_rules(text);
    const auto whole = oci::decode_config(text);
    REQUIRE(lazy.ok());
    REQUIRE(whole.ok());
    CHECK(!lazy.value().linux_.seccomp->rule_text.empty());
    CHECK(oci::decode_rules(lazy.value().linux_.seccomp->rule_text).value().size() ==
          whole.value().linux_.seccomp->rules.size());
    ++seen;
  }
  CHECK(seen > 0);
}

TEST_CASE("rules that notify, in whatever letters, are decoded with the rest") {
  for (const char* action : {"SCMP_ACT_NOTIFY", "\\u0053CMP_ACT_NOTIFY"}) {
    const std::string rules = std::string(R"([{"names":["mount"],"action":")") + action + R"("}])";
    // Without a listener it is refused: that can't be left to the filter's first use.
    CHECK_FALSE(oci::decode_config_without_rules(with_rules(rules)).ok());
    const std::string listened = config_with(
        R"({"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent","syscalls":)" + rules + "}}");
    const auto config = oci::decode_config_without_rules(listened);
    REQUIRE(config.ok());
    CHECK(config.value().linux_.seccomp->notifies());
  }
}
