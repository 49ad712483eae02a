// /etc/passwd and /etc/group of an image: the first line is who is looked for, the rest is the file.
#include "fuzz.h"
#include "init/account_lines.h"

using namespace bulkhead;
using init::Span;

namespace {

bool lies_in(Span part, Span whole) {
  return part.first >= whole.first && part.last >= part.first && part.last <= whole.last;
}

void check_line(Span line, Span file) {
  if (line.first == nullptr) return;
  fuzz::must(lies_in(line, file));
  for (int i = 0; i < 8; i++) fuzz::must(lies_in(init::field(line, i), line));
  std::uint64_t id = 0;
  const Span number = init::field(line, 2);
  if (init::parse_number(number.first, number.last, 0xfffffffe, &id)) fuzz::must(id <= 0xfffffffe);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  Span file{text.data(), text.data() + text.size()};
  const Span name = init::next_line(file);
  check_line(init::find_user(file, name), file);
  check_line(init::find_group(file, name), file);
  for (Span rest = file; rest.first != rest.last;) {
    const Span line = init::next_line(rest);
    fuzz::must(lies_in(line, file));
    (void)init::list_has(init::field(line, 3), name);
  }
  return 0;
}
