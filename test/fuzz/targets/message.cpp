// D-Bus messages as they come from the socket. What is decoded is encoded to what decodes to the same.
#include "core/systemd/message.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

bool same(const systemd::Message& a, const systemd::Message& b) {
  return a.type == b.type && a.serial == b.serial && a.reply_serial == b.reply_serial && a.path == b.path &&
         a.interface == b.interface && a.member == b.member && a.error_name == b.error_name &&
         a.destination == b.destination && a.sender == b.sender && a.signature == b.signature && a.body == b.body;
}

void read_body(const systemd::Message& message) {
  systemd::MessageReader reader(message.body);
  for (int i = 0; !reader.at_end() && !reader.failed() && i < 64; ++i) {
    if (i % 4 == 0) (void)reader.u32();
    if (i % 4 == 1) (void)reader.string();
    if (i % 4 == 2) (void)reader.signature();
    if (i % 4 == 3) reader.align(8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  if (size >= systemd::kMessagePrefixBytes) (void)systemd::message_size(bytes.substr(0, systemd::kMessagePrefixBytes));
  const auto message = systemd::decode(bytes);
  if (!message.ok()) return 0;
  read_body(message.value());
  const auto again = systemd::decode(systemd::encode(message.value()));
  fuzz::must(again.ok() && same(message.value(), again.value()));
  return 0;
}
