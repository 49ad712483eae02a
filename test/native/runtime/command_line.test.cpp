// The runtime's options, and its wording.
#include <doctest.h>

#include <cerrno>

#include "runtime/arguments.h"
#include "runtime/messages.h"
#include "runtime/process_table.h"

using namespace bulkhead;
using namespace bulkhead::runtime;

namespace {

constexpr Option kOptions[] = {{"bundle", 'b', true}, {"force", 'f', false}};

Result<Arguments> parse(std::initializer_list<std::string_view> words,
                        Arguments::Operands mode = Arguments::Operands::kAnywhere) {
  const std::vector<std::string_view> list(words);
  return Arguments::parse(list, kOptions, mode);
}

}  // namespace

TEST_CASE("options in all spellings of the field") {
  for (const auto& words : {std::initializer_list<std::string_view>{"--bundle", "/b", "id"},
                            {"--bundle=/b", "id"},
                            {"-b", "/b", "id"},
                            {"id", "-bundle", "/b"}}) {
    const auto arguments = parse(words);
    REQUIRE(arguments.ok());
    CHECK(arguments.value().get("bundle") == "/b");
    CHECK(arguments.value().operands() == std::vector<std::string>{"id"});
  }
  CHECK(parse({"id", "--force"}).value().has("force"));
  CHECK_FALSE(parse({"id", "--force=false"}).value().has("force"));
}

TEST_CASE("after the first operand, or --, nothing is an option any more") {
  const auto exec = parse({"-f", "id", "ls", "-l", "--force"}, Arguments::Operands::kEndOptions).take();
  CHECK(exec.operands() == std::vector<std::string>{"id", "ls", "-l", "--force"});
  CHECK(parse({"--", "-f"}).value().operands() == std::vector<std::string>{"-f"});
}

TEST_CASE("wrong options are named") {
  CHECK(parse({"--nope"}).error().object == "flag provided but not defined: -nope");
  CHECK(parse({"--bundle"}).error().object == "flag needs an argument: -bundle");
  CHECK_FALSE(parse_number("x", "12a").ok());
  CHECK(parse_number("x", "-1").value() == -1);
}

TEST_CASE("engines find their words in the messages") {
  CHECK(message_of(make_error("lookup", ENOENT, "foo")) ==
        "unable to start container process: exec: \"foo\": executable file not found in $PATH");
  CHECK(message_of(make_error("lookup", ENOENT, "/foo")).find("no such file or directory") != std::string::npos);
  CHECK(message_of(make_error("lookup", EACCES, "/foo")).find("permission denied") != std::string::npos);
  CHECK(message_of(make_error("config", EINVAL, "process.cwd: empty")) == "invalid configuration: process.cwd: empty");
  CHECK(message_of(plain_error("container does not exist")) == "container does not exist");
}

TEST_CASE("sizes as runc takes them") {
  const auto size = [](const char* text) { return parse_size("memory", text); };
  for (const auto& [text, bytes] : {std::pair<const char*, std::int64_t>{"0", 0},
                                    {"-1", -1},
                                    {"4096", 4096},
                                    {"4096b", 4096},
                                    {"64k", 65'536},
                                    {"64 kB", 65'536},
                                    {"512m", 536'870'912},
                                    {"1.5GiB", 1'610'612'736},
                                    {"2T", 2'199'023'255'552}}) {
    INFO(text);
    REQUIRE(size(text).ok());
    CHECK(size(text).value() == bytes);
  }
  for (const char* text : {"", "m", "-2", "-1m", "12q", "1ib", "1mm", "nan", "inf", "1e3", "99999999p", " 1", "0x10"}) {
    INFO(text);
    CHECK_FALSE(size(text).ok());
  }
}

TEST_CASE("of the table of ps only the container's lines are shown, whatever column has the pid") {
  const std::string table = "USER PID CMD\nroot 7 sleep 8\nroot  8 sleep 7\n";
  CHECK(lines_of(table, {8}).value() == "USER PID CMD\nroot  8 sleep 7\n");
  CHECK(lines_of("  PID\n    7\n   70\n", {7}).value() == "  PID\n    7\n");
  CHECK_FALSE(lines_of("USER CMD\nroot x\n", {7}).ok());
}
