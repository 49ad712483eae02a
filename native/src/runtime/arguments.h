// Reads the command line: global options, the command's name, its options, its operands.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bulkhead::runtime {

struct Option {
  const char* name;
  /** 0: none. */
  char letter;
  bool takes_value;
};

class Arguments {
 public:
  enum class Operands {
    /** Options may follow operands ("delete ID --force"). */
    kAnywhere,
    /** The first operand ends the options: what follows is another program's ("exec ID ls -l"). */
    kEndOptions,
  };

  /** Error: step "usage", object the wording of the field's runtimes. */
  static Result<Arguments> parse(std::span<const std::string_view> words, std::span<const Option> options,
                                 Operands mode);

  bool has(const std::string& name) const { return values_.contains(name); }
  /** The last value given; empty: none. */
  std::string get(const std::string& name, std::string otherwise = {}) const;
  std::vector<std::string> all(const std::string& name) const;
  const std::vector<std::string>& operands() const { return operands_; }
  /** How many words were read as options (kEndOptions). */
  std::size_t used() const { return used_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> operands_;
  std::size_t used_ = 0;
};

/** A decimal number, negative ones too. Error: step "usage". */
Result<std::int64_t> parse_number(const std::string& name, const std::string& text);

/** Bytes: "-1", or a number with a unit of 1024s as runc takes it ("512m", "1.5GiB", "64 kB"). Error: step "usage". */
Result<std::int64_t> parse_size(const std::string& name, const std::string& text);

}  // namespace bulkhead::runtime
