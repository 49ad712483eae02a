// The runtime's options, and its wording.
#include <doctest.h>

#include <cerrno>

#include "runtime/arguments.h"
#include "runtime/messages.h"

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
