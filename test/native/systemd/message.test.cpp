// The wire: what is written is read again, and nothing that is malformed gets through.
#include "core/systemd/message.h"

#include <doctest.h>

#include <random>

using namespace bulkhead;
using namespace bulkhead::systemd;

namespace {

Message sample() {
  Message message;
  message.type = MessageType::kSignal;
  message.serial = 7;
  message.reply_serial = 3;
  message.path = "/org/freedesktop/systemd1";
  message.interface = "org.freedesktop.systemd1.Manager";
  message.member = "JobRemoved";
  message.sender = ":1.2";
  message.signature = "uoss";
  MessageWriter body;
  body.u32(5);
  body.string("/job/5");
  body.string("web.scope");
  body.string("done");
  message.body = body.bytes();
  return message;
}

}  // namespace

TEST_CASE("a message is read as it was written") {
  const std::string bytes = encode(sample());
  CHECK(message_size(bytes.substr(0, kMessagePrefixBytes)).value() == bytes.size());
  const Message read = decode(bytes).value();
  CHECK(read.type == MessageType::kSignal);
  CHECK(read.serial == 7);
  CHECK(read.reply_serial == 3);
  CHECK(read.member == "JobRemoved");
  CHECK(read.sender == ":1.2");
  CHECK(read.signature == "uoss");
  MessageReader body(read.body);
  CHECK(body.u32() == 5);
  CHECK(body.string() == "/job/5");
  CHECK(body.string() == "web.scope");
  CHECK(body.string() == "done");
  CHECK(body.at_end());
  CHECK_FALSE(body.failed());
}

TEST_CASE("values stand at their alignment, and an array's length leaves out what aligns its first element") {
  MessageWriter writer;
  writer.byte(1);
  writer.u64(2);
  CHECK(writer.bytes().size() == 16);
  writer.array(8, [&] { writer.u64(3); });
  CHECK(writer.bytes().size() == 32);
  CHECK(writer.bytes()[16] == 8);
}

TEST_CASE("a call to the bus daemon is laid out byte for byte as the specification says") {
  Message hello;
  hello.serial = 1;
  hello.path = "/a";
  hello.member = "Hi";
  const std::string expected(
      "l\1\0\1\0\0\0\0\1\0\0\0\x1b\0\0\0"
      "\1\1o\0\2\0\0\0/a\0\0\0\0\0\0"
      "\3\1s\0\2\0\0\0Hi\0\0\0\0\0\0",
      48);
  CHECK(encode(hello) == expected);
}

TEST_CASE("no cut, no changed byte and no noise makes the reader read beyond a message") {
  const std::string whole = encode(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(decode(whole.substr(0, size)).ok());
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      const auto read = decode(changed);
      if (!read.ok()) continue;
      MessageReader body(read.value().body);
      body.u32();
      for (int i = 0; i < 3; ++i) body.string();
    }
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise = whole;
    for (int i = 0; i < 4; ++i) noise[random() % noise.size()] = static_cast<char>(random());
    (void)decode(noise);
  }
}

TEST_CASE("sizes that nobody sends are refused before anything is allocated for them") {
  std::string bytes = encode(sample());
  for (const std::size_t at : {std::size_t{4}, std::size_t{12}}) {
    std::string changed = bytes;
    changed.replace(at, 4, "\xff\xff\xff\xff");
    const auto size = message_size(changed.substr(0, kMessagePrefixBytes));
    REQUIRE_FALSE(size.ok());
    CHECK(size.error().number == EMSGSIZE);
  }
  bytes[0] = 'B';
  CHECK_FALSE(message_size(bytes).ok());
}

TEST_CASE("a string must end where it says, and hold no NUL before") {
  for (const std::string& text :
       {std::string("\2\0\0\0ab", 6), std::string("\2\0\0\0abc", 7), std::string("\2\0\0\0a\0\0", 7),
        std::string("\xff\xff\xff\x7f"
                    "ab",
                    6)}) {
    MessageReader reader(text);
    CHECK(reader.string().empty());
    CHECK(reader.failed());
    CHECK(reader.u64() == 0);
  }
}
