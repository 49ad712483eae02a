// The plan's layout: what the writer writes passes the check, and nothing that points outside does.
#include <doctest.h>

#include <cstring>
#include <random>
#include <vector>

#include "core/plan/plan_check.h"
#include "core/plan/plan_writer.h"
#include "core/plan/steps.h"

using namespace bulkhead::plan;

namespace {

// A plan with something in every array, aligned as a mapping would be.
struct Sample {
  Sample() {
    PlanWriter writer;
    Plan plan{};
    plan.slots = 1;
    plan.hostname = writer.text("box");
    plan.joinNamespaces = writer.array(std::vector<NamespaceJoin>{{0x40000000, 0}});
    plan.uidMappings = writer.array(std::vector<IdMapping>{{0, 1000, 1}});
    plan.cgroupSteps = writer.array(std::vector<CgroupStep>{{CgroupOp::kMake, 0, writer.text("/g"), {}}});
    plan.root.layers = writer.array(std::vector<Text>{writer.text("/layer")});
    Mount mount{};
    mount.destination = writer.text("/proc");
    mount.options = writer.array(std::vector<FsOption>{{writer.text("mode"), writer.text("755")}});
    plan.mounts = writer.array(std::vector<Mount>{mount});
    plan.maskedPaths = writer.array(std::vector<Text>{writer.text("/proc/kcore")});
    plan.process.arguments = writer.array(std::vector<Text>{writer.text("true")});
    plan.process.seccomp.program = writer.text(std::string_view("\6\0\0\0\0\0\377\177", 8));
    const std::vector<std::byte> bytes = std::move(writer).finish(plan);
    words.resize(bytes.size() / 8 + 1);
    size = bytes.size();
    std::memcpy(words.data(), bytes.data(), size);
  }
  Plan& plan() { return *reinterpret_cast<Plan*>(words.data()); }
  template <class T>
  T& at(Array<T> array) {
    return *reinterpret_cast<T*>(reinterpret_cast<char*>(words.data()) + array.offset);
  }
  bool passes() const { return is_well_formed(words.data(), size); }

  std::vector<uint64_t> words;
  size_t size;
};

}  // namespace

TEST_CASE("plan check: what the writer writes passes") {
  Sample sample;
  CHECK(sample.passes());
  CHECK(reinterpret_cast<const char*>(sample.words.data()) + sample.plan().hostname.offset == std::string_view("box"));
}

TEST_CASE("plan check: the header must be this version's, and of this size") {
  Sample sample;
  SUBCASE("magic") { sample.plan().magic++; }
  SUBCASE("version") { sample.plan().version++; }
  SUBCASE("size") { sample.plan().size--; }
  SUBCASE("kind") { sample.plan().kind = static_cast<Kind>(3); }
  SUBCASE("too many slots") { sample.plan().slots = kMaxInheritedFds + 1; }
  CHECK_FALSE(sample.passes());
  CHECK_FALSE(is_well_formed(nullptr, 0));
  CHECK_FALSE(is_well_formed(sample.words.data(), sizeof(Plan) - 1));
}

TEST_CASE("plan check: offsets must stay inside") {
  Sample sample;
  SUBCASE("a text behind the end") { sample.plan().hostname.offset = static_cast<uint32_t>(sample.size); }
  SUBCASE("a text in the header") { sample.plan().hostname.offset = 8; }
  SUBCASE("a text that is too long") { sample.plan().hostname.length = 0xffffffff; }
  SUBCASE("a text without NUL") { sample.plan().hostname.length = 2; }
  SUBCASE("an array behind the end") { sample.plan().mounts.offset = static_cast<uint32_t>(sample.size); }
  SUBCASE("an array that is too long") { sample.plan().mounts.count = 2; }
  SUBCASE("an array whose size overflows") { sample.plan().uidMappings.count = 0xffffffff; }
  SUBCASE("an array that is not aligned") { sample.plan().mounts.offset += 4; }
  SUBCASE("a nested text") { sample.at(sample.plan().mounts).destination.offset = 0xfffffff0; }
  SUBCASE("a nested array") { sample.at(sample.plan().mounts).options.count = 1u << 30; }
  SUBCASE("an absent text where one must be") { sample.at(sample.plan().process.arguments) = {}; }
  SUBCASE("a slot that is not there") { sample.at(sample.plan().joinNamespaces).slot = 1; }
  SUBCASE("a negative slot") { sample.plan().monitor.log = -2; }
  SUBCASE("more preserved descriptors than slots") { sample.plan().process.preservedFds = 2; }
  SUBCASE("half a filter instruction") { sample.plan().process.seccomp.program.length = 7; }
  CHECK_FALSE(sample.passes());
}

TEST_CASE("plan check: random damage never makes it read outside (ASan watches)") {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; round++) {
    Sample sample;
    std::vector<std::byte> exact(sample.size);
    std::memcpy(exact.data(), sample.words.data(), sample.size);
    for (int i = 0; i < 4; i++) exact[random() % exact.size()] = static_cast<std::byte>(random());
    (void)is_well_formed(exact.data(), exact.size());
  }
}

TEST_CASE("steps: every step has a name of its own") {
  std::vector<std::string_view> names;
  for (uint32_t i = 0; i < static_cast<uint32_t>(Step::kCount); i++) {
    const std::string_view name = step_name(static_cast<Step>(i));
    for (const std::string_view other : names) CHECK(name != other);
    names.push_back(name);
  }
  CHECK(step_name(static_cast<Step>(9999)) == std::string_view("none"));
}
