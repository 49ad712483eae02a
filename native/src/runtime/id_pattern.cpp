#include "runtime/id_pattern.h"

#include <regex.h>

#include "runtime/container_state.h"

namespace bulkhead::runtime {

Result<std::vector<std::string>> ids_matching(const Environment& environment, const std::string& expression) {
  regex_t compiled;
  if (regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return make_error("usage", 0, "invalid regular expression \"" + expression + "\"");
  std::vector<std::string> ids;
  for (const std::string& id : container_ids(environment.root))
    if (regexec(&compiled, id.c_str(), 0, nullptr, 0) == 0) ids.push_back(id);
  regfree(&compiled);
  return ids;
}

}  // namespace bulkhead::runtime
