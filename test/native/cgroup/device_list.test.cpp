// From the rules that a v1 group holds to others.
#include "core/cgroup/device_list.h"

#include <doctest.h>

#include "core/cgroup/devices.h"
#include "core/oci/decode.h"

using namespace bulkhead;

namespace {

std::vector<oci::DeviceRule> rules(const char* text) {
  return oci::decode_resources(std::string(R"({"devices":)") + text + "}").value().devices;
}

/** "+c 1:3 r": a line for devices.allow; "-": for devices.deny. */
std::string changes(std::string_view list, const std::vector<oci::DeviceRule>& wanted) {
  std::string text;
  for (const cgroup::DeviceWrite& write : cgroup::device_changes(list, wanted))
    text += (write.allow ? "+" : "-") + write.line + ";";
  return text;
}

constexpr const char* kNone = R"({"allow":false,"access":"rwm"})";
std::vector<oci::DeviceRule> after_none(const char* rest) {
  return rules((std::string("[") + kNone + rest + "]").c_str());
}

}  // namespace

TEST_CASE("what both allow is not touched; what is new comes before what goes") {
  const char* list = "c 1:3 rwm\nb *:* m\nc 10:229 rw\n";
  const auto wanted = after_none(R"(,{"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"},
    {"allow":true,"type":"b","access":"m"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rm"},
    {"allow":true,"type":"b","major":8,"access":"r"})");
  CHECK(changes(list, wanted) == "+b 8:* r;+c 10:229 m;-c 10:229 w;");
}

TEST_CASE("the same rules are no change") {
  const auto effective = cgroup::effective_device_rules(after_none(""));
  std::string list;
  for (const oci::DeviceRule& rule : effective)
    if (rule.allow) list += cgroup::device_rule_line(rule) + "\n";
  CHECK(changes(list, effective).empty());
}

TEST_CASE("a rule that takes back what another has given, of the same device") {
  const auto wanted = after_none(R"(,{"allow":true,"type":"c","major":4,"minor":1,"access":"rwm"},
    {"allow":false,"type":"c","major":4,"minor":1,"access":"m"})");
  CHECK(changes("", wanted) == "+c 4:1 rw;");
  CHECK(changes("c 4:1 rwm\n", wanted) == "-c 4:1 m;");
}

TEST_CASE("between a list of what is allowed and all: over the line that clears everything") {
  const auto all = rules(R"([{"allow":true,"access":"rwm"},{"allow":false,"type":"b","major":8,"access":"w"}])");
  CHECK(changes("c 1:3 rwm\n", all) == "+a *:* rwm;-b 8:* w;");
  CHECK(changes("a *:* rwm\n", after_none(R"(,{"allow":true,"type":"c","major":1,"access":"r"})")) ==
        "-a *:* rwm;+c 1:* r;");
  // A group with others below it could not be cleared: nothing is.
  CHECK(changes("a *:* rwm\n", all) == "-b 8:* w;");
}

TEST_CASE("what is no rule in a list is passed over") {
  CHECK(cgroup::listed_device_rules("").size() == 1);
  CHECK(cgroup::listed_device_rules("\n\nc\nc 1\nc 1:3\nc 1:3 r").size() == 2);
}
