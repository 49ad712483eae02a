// Headers, field by field, as POSIX.1 lays them out.
#include "tar_writer.h"

#include <cstdio>

namespace bulkhead::test {
namespace {

constexpr std::size_t kBlock = 512;

void put(std::string& block, std::size_t at, std::string_view bytes, std::size_t room) {
  block.replace(at, std::min(room, bytes.size()), bytes.substr(0, room));
}

void put_checksum(std::string& block, bool is_bad) {
  block.replace(148, 8, 8, ' ');
  unsigned sum = is_bad ? 1 : 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  put(block, 148, std::string(text, 7), 7);
}

std::string padded(std::string content) {
  content.resize((content.size() + kBlock - 1) / kBlock * kBlock);
  return content;
}

}  // namespace

TarWriter& TarWriter::add(const TarFields& fields) {
  std::string block(kBlock, '\0');
  put(block, 0, fields.name, 100);
  put(block, 100, octal(fields.mode, 8), 8);
  put(block, 108, fields.uid < 1 << 21 ? octal(fields.uid, 8) : base256(static_cast<std::int64_t>(fields.uid), 8), 8);
  put(block, 116, fields.gid < 1 << 21 ? octal(fields.gid, 8) : base256(static_cast<std::int64_t>(fields.gid), 8), 8);
  put(block, 124, fields.raw_size.empty() ? octal(fields.content.size(), 12) : fields.raw_size, 12);
  put(block, 136, octal(fields.mtime, 12), 12);
  block[156] = fields.type;
  put(block, 157, fields.link, 100);
  put(block, 257, fields.magic, 8);
  put(block, 329, octal(fields.device_major, 8), 8);
  put(block, 337, octal(fields.device_minor, 8), 8);
  put(block, 345, fields.prefix, 155);
  for (const auto& [at, bytes] : fields.patches) put(block, at, bytes, bytes.size());
  put_checksum(block, fields.has_bad_checksum);
  bytes_ += block + padded(fields.content);
  return *this;
}

TarWriter& TarWriter::file(std::string name, std::string content, std::uint32_t mode) {
  return add({.name = std::move(name), .content = std::move(content), .mode = mode});
}

TarWriter& TarWriter::directory(std::string name, std::uint32_t mode) {
  return add({.name = std::move(name), .type = '5', .mode = mode});
}

TarWriter& TarWriter::symlink(std::string name, std::string target) {
  return add({.name = std::move(name), .type = '2', .link = std::move(target), .mode = 0777});
}

TarWriter& TarWriter::hard_link(std::string name, std::string target) {
  return add({.name = std::move(name), .type = '1', .link = std::move(target)});
}

TarWriter& TarWriter::pax(const PaxPairs& records, char type) {
  std::string text;
  for (const auto& [key, value] : records) text += pax_record(key, value);
  return add({.name = "PaxHeaders/x", .type = type, .content = std::move(text)});
}

TarWriter& TarWriter::gnu_long(char type, std::string text) {
  text += '\0';
  return add({.name = "././@LongLink", .type = type, .content = std::move(text), .magic = std::string("ustar  \0", 8)});
}

TarWriter& TarWriter::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // the space, "=" and the newline
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) ++length;
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::string octal(std::uint64_t number, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = size - 1; i-- > 0; number >>= 3) text[i] = static_cast<char>('0' + (number & 7));
  return text;
}

std::string base256(std::int64_t number, std::size_t size) {
  std::string text(size, number < 0 ? '\xff' : '\0');
  for (std::size_t i = size; i-- > 0 && i + 8 >= size; number >>= 8) text[i] = static_cast<char>(number & 0xff);
  text[0] = static_cast<char>(text[0] | '\x80');
  return text;
}

}  // namespace bulkhead::test
