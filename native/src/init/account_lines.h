// Lines of /etc/passwd and /etc/group, which an image has written: where a field begins and ends, and nothing else. Pure.
#pragma once

#include "text.h"

namespace bulkhead::init {

struct Span {
  const char* first = nullptr;
  const char* last = nullptr;
  size_t size() const { return static_cast<size_t>(last - first); }
};

inline bool same(Span a, Span b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (a.first[i] != b.first[i]) return false;
  }
  return true;
}

inline bool is_number(Span text) {
  for (const char* p = text.first; p != text.last; p++) {
    if (*p < '0' || *p > '9') return false;
  }
  return text.size() > 0;
}

inline Span next_line(Span& rest) {
  Span line{rest.first, rest.first};
  while (line.last != rest.last && *line.last != '\n') line.last++;
  rest.first = line.last == rest.last ? rest.last : line.last + 1;
  return line;
}

inline Span field(Span line, int index) {
  for (; index > 0; index--) {
    while (line.first != line.last && *line.first != ':') line.first++;
    if (line.first != line.last) line.first++;
  }
  Span result{line.first, line.first};
  while (result.last != line.last && *result.last != ':') result.last++;
  return result;
}

inline bool list_has(Span list, Span name) {
  for (Span item{list.first, list.first}; item.first < list.last; item.first = item.last = item.last + 1) {
    while (item.last != list.last && *item.last != ',') item.last++;
    if (same(item, name)) return true;
  }
  return false;
}

// A line of passwd whose name (or, for a number, uid) is `user`.
inline Span find_user(Span passwd, Span user) {
  const int column = is_number(user) ? 2 : 0;
  while (passwd.first != passwd.last) {
    const Span line = next_line(passwd);
    if (same(field(line, column), user)) return line;
  }
  return {};
}

// A line of group whose name is `group`.
inline Span find_group(Span groups, Span group) {
  while (groups.first != groups.last) {
    const Span line = next_line(groups);
    if (same(field(line, 0), group)) return line;
  }
  return {};
}

}  // namespace bulkhead::init
