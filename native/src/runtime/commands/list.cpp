// list: all containers of this root.
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdio>

#include "runtime/arguments.h"
#include "runtime/container_state.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"format", 'f', true}, Option{"quiet", 'q', false}};

struct Row {
  ContainerState state;
  Status status;
};

std::vector<Row> rows_of(const Environment& environment) {
  std::vector<Row> rows;
  for (const std::string& id : container_ids(environment.root)) {
    // One that vanishes meanwhile is no error.
    auto found = find_container(environment, id);
    if (!found.ok()) continue;
    const Status status = status_of(found.value().directory, found.value().state);
    rows.push_back({std::move(found.value().state), status});
  }
  return rows;
}

pid_t shown_pid(const Row& row) { return row.status == Status::kStopped ? 0 : row.state.pid; }

void print_table(const std::vector<Row>& rows) {
  std::printf("%-20s %-10s %-10s %-30s %-32s OWNER\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED");
  for (const Row& row : rows)
    std::printf("%-20s %-10d %-10s %-30s %-32s root\n", row.state.id.c_str(), shown_pid(row), status_name(row.status),
                row.state.bundle.c_str(), row.state.created.c_str());
}

/** As runc's: an array of states. */
void print_json(const std::vector<Row>& rows) {
  std::printf("[");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rapidjson::Document document;
    document.Parse(state_json(rows[i].state, rows[i].status).c_str());
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    document.Accept(writer);
    std::printf("%s%s", i == 0 ? "" : ",", buffer.GetString());
  }
  std::printf("]\n");
}

}  // namespace

Result<int> list(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  const std::string format = arguments.get("format", "table");
  if (format != "table" && format != "json") return make_error("usage", 0, "invalid format option");
  if (arguments.has("quiet")) {
    for (const std::string& id : container_ids(environment.root)) std::printf("%s\n", id.c_str());
    return 0;
  }
  const std::vector<Row> rows = rows_of(environment);
  format == "json" ? print_json(rows) : print_table(rows);
  return 0;
}

}  // namespace bulkhead::runtime
