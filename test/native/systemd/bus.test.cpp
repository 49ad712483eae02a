// The conversation with a bus, against one that does as it is told here: as the real ones do, and as none should.
#include "core/systemd/bus.h"

#include <doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "core/systemd/manager.h"

using namespace bulkhead;
using namespace bulkhead::systemd;

namespace {

constexpr int kTimeoutMs = 1500;

/** The other end, within one connection. */
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  void say(const std::string& bytes) const { (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string line() const {
    std::string text;
    for (char c = 0; !text.ends_with("\r\n") && read(fd_, &c, 1) == 1;) text += c;
    return text;
  }
  Message message() const {
    std::string bytes = exactly(kMessagePrefixBytes);
    if (bytes.size() < kMessagePrefixBytes) return {};
    return decode(bytes + exactly(message_size(bytes).value() - kMessagePrefixBytes)).value();
  }
  void let_in() const {
    line();
    say("OK 0123\r\n");
    line();
  }
  void answer(const Message& call, const std::string& signature = {}, const std::string& body = {}) const {
    Message reply;
    reply.type = MessageType::kReply;
    reply.serial = 1;
    reply.reply_serial = call.serial;
    reply.sender = ":1.0";
    reply.signature = signature;
    reply.body = body;
    say(encode(reply));
  }
  void refuse(const Message& call, const std::string& name) const {
    Message reply;
    reply.type = MessageType::kError;
    reply.serial = 1;
    reply.reply_serial = call.serial;
    reply.error_name = name;
    say(encode(reply));
  }
  void job_removed(const std::string& job, const std::string& outcome, const std::string& sender) const {
    MessageWriter body;
    body.u32(1);
    body.string(job);
    body.string("a.scope");
    body.string(outcome);
    Message signal;
    signal.type = MessageType::kSignal;
    signal.serial = 1;
    signal.path = "/org/freedesktop/systemd1";
    signal.interface = "org.freedesktop.systemd1.Manager";
    signal.member = "JobRemoved";
    signal.sender = sender;
    signal.signature = "uoss";
    signal.body = body.bytes();
    say(encode(signal));
  }

 private:
  std::string exactly(std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t count = recv(fd_, bytes.data(), size, MSG_WAITALL);
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }
  int fd_;
};

class FakeBus {
 public:
  template <class Behave>
  explicit FakeBus(Behave behave) : path_("/tmp/bulkhead-bus-" + std::to_string(getpid()) + ".sock") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path_.c_str());
    REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    thread_ = std::thread([this, behave] {
      const int fd = accept(listener_, nullptr, nullptr);
      behave(Peer(fd));
      close(fd);
    });
  }
  ~FakeBus() {
    thread_.join();
    close(listener_);
    unlink(path_.c_str());
  }
  FakeBus(const FakeBus&) = delete;
  FakeBus& operator=(const FakeBus&) = delete;
  Result<Bus> connect(Bus::Kind kind = Bus::Kind::kPeer) const { return Bus::connect(path_, kind, kTimeoutMs); }

 private:
  std::string path_;
  int listener_;
  std::thread thread_;
};

Call call_of(const char* member) { return {"org.example", "/", "org.example", member, {}, {}}; }

std::string text_body(const std::string& text) {
  MessageWriter writer;
  writer.string(text);
  return writer.bytes();
}

Result<void> start_scope(const FakeBus& fake) {
  auto bus = fake.connect();
  if (!bus.ok()) return bus.error();
  return Manager(bus.take()).start_scope("a.scope", {{"Delegate", true}});
}

}  // namespace

TEST_CASE("says who it is, greets the daemon, calls, and takes the answer that is its own") {
  std::string first;
  const FakeBus fake([&](Peer peer) {
    first = peer.line();
    peer.say("OK 0123\r\n");
    peer.line();
    peer.answer(peer.message(), "s", text_body(":1.9"));
    const Message call = peer.message();
    Message other = call;
    other.serial = call.serial + 100;
    peer.answer(other);
    peer.answer(call, "s", text_body(call.destination + call.member));
  });
  Bus bus = fake.connect(Bus::Kind::kDaemon).take();
  const Message answer = bus.call(call_of("Ask")).value();
  CHECK(MessageReader(answer.body).string() == "org.exampleAsk");
  CHECK(first.starts_with(std::string("\0AUTH EXTERNAL ", 15)));
}

TEST_CASE("an error answer is an error with its name") {
  const FakeBus fake([](Peer peer) {
    peer.let_in();
    peer.refuse(peer.message(), "org.example.No");
  });
  Bus bus = fake.connect().take();
  const auto answer = bus.call(call_of("Ask"));
  REQUIRE_FALSE(answer.ok());
  CHECK(is_error_named(answer.error(), "org.example.No"));
  CHECK_FALSE(is_error_named(answer.error(), "org.example.N"));
}

TEST_CASE("who is not let in, hears nothing, or only noise, gives up in time") {
  const auto failure_with = [](auto behave) {
    const FakeBus fake(behave);
    auto bus = fake.connect(Bus::Kind::kDaemon);
    return bus.ok() ? 0 : bus.error().number;
  };
  CHECK(failure_with([](Peer peer) {
          peer.line();
          peer.say("REJECTED EXTERNAL\r\n");
        }) == EACCES);
  CHECK(failure_with([](Peer) {}) == ECONNRESET);
  CHECK(failure_with([](Peer peer) {
          peer.line();
          std::this_thread::sleep_for(std::chrono::milliseconds(kTimeoutMs + 500));
        }) == ETIMEDOUT);
  CHECK(failure_with([](Peer peer) {
          peer.line();
          peer.say(std::string(100'000, 'x'));
        }) == EPROTO);
  CHECK(failure_with([](Peer peer) {
          peer.let_in();
          peer.say(std::string("l\2\0\1\xff\xff\xff\x7f\1\0\0\0\0\0\0\0", 16));
          peer.message();
        }) == EMSGSIZE);
  CHECK(failure_with([](Peer peer) {
          peer.let_in();
          peer.message();
          peer.say("l\2");
        }) == ECONNRESET);
}

TEST_CASE("a scope is there when systemd says that its job is done, even before it names the job") {
  const FakeBus fake([](Peer peer) {
    peer.let_in();
    peer.answer(peer.message());
    const Message start = peer.message();
    peer.job_removed("/job/6", "failed", ":1.0");
    peer.job_removed("/job/7", "done", ":1.0");
    peer.answer(start, "o", text_body("/job/7"));
  });
  CHECK(start_scope(fake).ok());
}

TEST_CASE("a job that has failed is an error; a stranger's word for it is none") {
  const FakeBus fake([](Peer peer) {
    peer.let_in();
    peer.answer(peer.message());
    const Message start = peer.message();
    peer.job_removed("/job/7", "done", ":1.66");
    peer.answer(start, "o", text_body("/job/7"));
    peer.job_removed("/job/7", "done", ":1.66");
    peer.job_removed("/job/7", "canceled", ":1.0");
  });
  const auto started = start_scope(fake);
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().object.find("canceled") != std::string::npos);
}

TEST_CASE("a scope of that name that has failed before is put away") {
  std::vector<std::string> members;
  const FakeBus fake([&](Peer peer) {
    peer.let_in();
    for (int i = 0; i < 4; ++i) {
      const Message call = peer.message();
      members.push_back(call.member);
      if (i == 1)
        peer.refuse(call, "org.freedesktop.systemd1.UnitExists");
      else
        peer.answer(call, i == 3 ? "o" : "", i == 3 ? text_body("/job/1") : std::string());
    }
    peer.job_removed("/job/1", "done", ":1.0");
  });
  CHECK(start_scope(fake).ok());
  CHECK(members ==
        std::vector<std::string>{"Subscribe", "StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"});
}

TEST_CASE("stopping what is not there is no error") {
  const FakeBus fake([](Peer peer) {
    peer.let_in();
    peer.answer(peer.message());
    peer.refuse(peer.message(), "org.freedesktop.systemd1.NoSuchUnit");
    peer.refuse(peer.message(), "org.freedesktop.systemd1.NoSuchUnit");
  });
  CHECK(Manager(fake.connect().take()).stop("a.scope").ok());
}
