// Removal of trees: all of them, and nothing else.
#include "core/layers/remove_tree.h"

#include <doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "core/layers/tree_size.h"
#include "scratch_layer.h"

using namespace bulkhead;
using namespace bulkhead::test;
namespace fs = std::filesystem;

TEST_CASE("remove_tree: files, directories, links; the links' targets stay") {
  ScratchLayer scratch;
  fs::create_directories(scratch.path("a/b/c"));
  write_file(scratch.path("a/b/f"), "x");
  fs::create_symlink(scratch.outside(), scratch.path("a/out"));
  fs::create_symlink(scratch.outside() + "/canary", scratch.path("a/b/c/out"));
  fs::permissions(scratch.path("a/b"), fs::perms::none);
  CHECK(remove_tree(scratch.path("a/")).ok());
  CHECK(scratch.names().empty());
  CHECK(scratch.is_outside_untouched());
}

TEST_CASE("remove_tree: a link is removed itself, and what is not there is no error") {
  ScratchLayer scratch;
  fs::create_symlink(scratch.outside(), scratch.path("link"));
  CHECK(remove_tree(scratch.path("link")).ok());
  CHECK(remove_tree(scratch.path("absent")).ok());
  CHECK(remove_tree(scratch.path("absent/too")).ok());
  CHECK(remove_tree("relative").error().number == EINVAL);
  CHECK(scratch.is_outside_untouched());
}

TEST_CASE("remove_tree: deeper than there are descriptors") {
  ScratchLayer scratch;
  fs::create_directory(scratch.path("top"));
  int directory = open(scratch.path("top").c_str(), O_PATH | O_DIRECTORY);
  for (int i = 0; i < 3000; ++i) {
    REQUIRE(mkdirat(directory, "d", 0700) == 0);
    REQUIRE(mknodat(directory, "f", S_IFREG | 0600, 0) == 0);
    const int deeper = openat(directory, "d", O_PATH | O_DIRECTORY);
    close(directory);
    directory = deeper;
  }
  close(directory);
  CHECK(remove_tree(scratch.path("top")).ok());
  CHECK(scratch.names().empty());
}

TEST_CASE("remove_tree: does not go into what is mounted, even from the same file system" *
          doctest::skip(geteuid() != 0)) {
  ScratchLayer scratch;
  fs::create_directories(scratch.path("a/mounted"));
  const pid_t child = fork();
  if (child == 0) {
    const bool is_ready =
        unshare(CLONE_NEWNS) == 0 && mount("", "/", nullptr, MS_PRIVATE | MS_REC, nullptr) == 0 &&
        mount(scratch.outside().c_str(), scratch.path("a/mounted").c_str(), nullptr, MS_BIND, nullptr) == 0;
    const auto removed = remove_tree(scratch.path("a"));
    const bool is_refused = !removed.ok() && (removed.error().number == EXDEV || removed.error().number == EBUSY);
    _exit(is_ready && is_refused ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(scratch.is_outside_untouched());
}

TEST_CASE("tree_size: counts what is there, follows no link, stands names and depths beyond all paths") {
  ScratchLayer scratch;
  fs::create_directories(scratch.path("a/b"));
  write_file(scratch.path("a/b/f"), std::string(100'000, 'x'));
  fs::create_symlink(scratch.outside(), scratch.path("a/out"));
  const auto counted = tree_size(scratch.path("a"));
  CHECK(counted >= 100'000);
  CHECK(counted < 200'000);
  CHECK(tree_size(scratch.path("absent")) == 0);
  CHECK(tree_size(scratch.path("a/out")) == 0);
  fs::create_directory(scratch.path("a/deep"));
  UniqueFd at(open(scratch.path("a/deep").c_str(), O_PATH | O_DIRECTORY));
  const std::string name(200, 'd');
  for (int depth = 0; depth < 400; ++depth) {
    REQUIRE(mkdirat(at.get(), name.c_str(), 0700) == 0);
    at.reset(openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY));
  }
  CHECK(tree_size(scratch.path("a")) > counted);
  CHECK(remove_tree(scratch.path("a")).ok());
}
