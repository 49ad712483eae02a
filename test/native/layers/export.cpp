// What several layers show together, sent as a tar: as overlayfs would show it.
#include <doctest.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <thread>

#include "core/layers/commit.h"
#include "scratch_layer.h"

using namespace bulkhead;
using namespace bulkhead::test;
namespace fs = std::filesystem;

namespace {

const auto kNeedsRoot = doctest::skip(geteuid() != 0);

std::string received(int socket) {
  std::string bytes;
  std::array<char, 65536> piece;
  for (ssize_t count; (count = read(socket, piece.data(), piece.size())) > 0;)
    bytes.append(piece.data(), static_cast<std::size_t>(count));
  return bytes;
}

/** The tar of the layers, lowest first. */
std::string exported(const std::vector<const ScratchLayer*>& layers) {
  SendTreeRequest request{.limits = {10'000, 1 << 30}};
  for (const ScratchLayer* layer : layers) request.layers.push_back(layer->layer());
  int sockets[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
  request.socket = sockets[0];
  std::string bytes;
  std::thread reader([&] { bytes = received(sockets[1]); });
  const auto sent = send_tree(request, ReadControl());
  close(sockets[0]);
  reader.join();
  close(sockets[1]);
  REQUIRE_MESSAGE(sent.ok(), sent.error().step << " " << sent.error().object);
  CHECK(sent.value() == bytes.size());
  return bytes;
}

void whiteout(const ScratchLayer& layer, const std::string& name) {
  REQUIRE(mknod(layer.path(name).c_str(), S_IFCHR, 0) == 0);
}

void opaque(const ScratchLayer& layer, const std::string& name) {
  fs::create_directories(layer.path(name));
  REQUIRE(setxattr(layer.path(name).c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
}

void add(const ScratchLayer& layer, const std::string& name, const std::string& content) {
  fs::create_directories(fs::path(layer.path(name)).parent_path());
  write_file(layer.path(name), content);
}

}  // namespace

TEST_CASE("export: the topmost of a name counts, whiteouts and opaque directories hide" * kNeedsRoot) {
  ScratchLayer low, middle, high, shown;
  add(low, "kept", "low");
  add(low, "changed", "low");
  add(low, "gone", "low");
  add(low, "dir/low", "low");
  add(low, "hidden/low", "low");
  add(low, "hidden/sub/low", "low");
  add(low, "was-dir/f", "low");
  add(low, "was-file", "low");
  add(middle, "changed", "middle");
  add(middle, "dir/middle", "middle");
  opaque(middle, "hidden");
  whiteout(middle, "gone");
  write_file(middle.path("was-dir"), "now a file");
  fs::create_directory(high.path("dir"));
  whiteout(high, "dir/middle");
  add(high, "hidden/sub/high", "high");
  add(high, "was-dir/g", "high");
  add(high, "was-file/f", "high");
  REQUIRE(shown.unpack(exported({&low, &middle, &high})).ok());
  CHECK(shown.names() == std::vector<std::string>{"changed", "dir", "dir/low", "hidden", "hidden/sub",
                                                  "hidden/sub/high", "kept", "was-dir", "was-dir/g", "was-file",
                                                  "was-file/f"});
  CHECK(shown.content("changed") == "middle");
  CHECK(shown.content("dir/low") == "low");
  CHECK(shown.content("was-file/f") == "high");
}

TEST_CASE("export: what a layer's links say is not followed" * kNeedsRoot) {
  ScratchLayer low, high, shown;
  fs::create_symlink(low.outside(), low.path("out"));
  add(low, "real/f", "x");
  fs::create_symlink("real", high.path("dir"));
  add(low, "dir/hidden", "x");
  REQUIRE(shown.unpack(exported({&low, &high})).ok());
  CHECK(shown.names() == std::vector<std::string>{"dir", "out", "real", "real/f"});
  CHECK(shown.link("out") == low.outside());
}

TEST_CASE("export: nobody who reads any more ends it" * kNeedsRoot) {
  ScratchLayer layer;
  add(layer, "big", std::string(4 << 20, 'x'));
  int sockets[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
  close(sockets[1]);
  const auto sent = send_tree({sockets[0], {layer.layer()}, TreeView::kMerged, {10, 1 << 30}}, ReadControl());
  close(sockets[0]);
  CHECK(sent.error().number == EPIPE);
}
