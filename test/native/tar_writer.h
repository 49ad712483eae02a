// Writes tars in memory, also such as no honest program writes: every field can be given as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bulkhead::test {

struct TarFields {
  std::string name = {};
  char type = '0';
  std::string content = {};
  std::string link = {};
  std::uint32_t mode = 0644;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t mtime = 1'000'000'000;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  /** Written in the size field instead of the content's size. */
  std::string raw_size = {};
  /** The magic and version: POSIX ustar; "ustar  " for GNU; "" for v7. */
  std::string magic = std::string(
      "ustar\0"
      "00",
      8);
  std::string prefix = {};
  /** Written over the finished header, before its checksum: (offset, bytes). */
  std::vector<std::pair<std::size_t, std::string>> patches = {};
  bool has_bad_checksum = false;
};

using PaxPairs = std::vector<std::pair<std::string, std::string>>;

class TarWriter {
 public:
  TarWriter& add(const TarFields& fields);
  TarWriter& file(std::string name, std::string content = "", std::uint32_t mode = 0644);
  TarWriter& directory(std::string name, std::uint32_t mode = 0755);
  TarWriter& symlink(std::string name, std::string target);
  TarWriter& hard_link(std::string name, std::string target);
  /** An extended header ('x') for the entry that follows; 'g': for all. */
  TarWriter& pax(const PaxPairs& records, char type = 'x');
  /** GNU's long name ('L') or long link ('K'). */
  TarWriter& gnu_long(char type, std::string text);
  TarWriter& raw(std::string_view bytes);

  /** With the two blocks of zeros. */
  std::string finish() const { return bytes_ + std::string(1024, '\0'); }
  /** Without them. */
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/** `<length> <key>=<value>\n`. */
std::string pax_record(std::string_view key, std::string_view value);
/** An octal field of a header, `size` bytes with the NUL. */
std::string octal(std::uint64_t number, std::size_t size);
/** A base-256 field of a header. */
std::string base256(std::int64_t number, std::size_t size);

}  // namespace bulkhead::test
