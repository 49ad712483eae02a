#include "runtime/messages.h"

#include <fcntl.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "core/descriptor/unique_fd.h"

namespace bulkhead::runtime {
namespace {

/** As Go writes it: "no such file or directory". */
std::string errno_text(int number) {
  std::string text = strerror(number);
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
    text.front() = static_cast<char>(text.front() - 'A' + 'a');
  return text;
}

std::string lookup_message(const Error& error) {
  const std::string quoted = "exec: \"" + error.object + "\": ";
  if (error.number == EACCES) return quoted + "permission denied";
  if (error.number != ENOENT) return quoted + errno_text(error.number);
  if (error.object.find('/') == std::string::npos) return quoted + "executable file not found in $PATH";
  return quoted + "stat " + error.object + ": no such file or directory";
}

std::string detail_of(const Error& error) {
  if (error.step == "lookup" || error.step == "execute") return lookup_message(error);
  if (error.step == "working-directory")
    return "chdir to cwd (\"" + error.object + "\") set in config.json failed: " + errno_text(error.number);
  if (error.step == "user" && error.number == ENOENT)
    return "unable to find user " + error.object + ": no matching entries in passwd file";
  std::string text = error.step;
  if (!error.object.empty()) text += " " + error.object;
  if (error.number != 0) text += ": " + errno_text(error.number);
  return text;
}

void write_json_line(int fd, const std::string& message) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("level");
  writer.String("error");
  writer.Key("msg");
  writer.String(message.c_str());
  writer.Key("time");
  writer.String(timestamp().c_str());
  writer.EndObject();
  dprintf(fd, "%s\n", buffer.GetString());
}

void write_text_line(int fd, const std::string& message) {
  std::string quoted;
  for (const char c : message) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  dprintf(fd, "time=\"%s\" level=error msg=\"%s\"\n", timestamp().c_str(), quoted.c_str());
}

}  // namespace

Error plain_error(std::string text) { return make_error("", 0, text); }

std::string message_of(const Error& error) {
  if (error.step.empty() || error.step == "usage") return error.object;
  if (error.step == "config") return "invalid configuration: " + error.object;
  if (error.step == "state" || error.step == "read") return error.object + ": " + errno_text(error.number);
  return "unable to start container process: " + detail_of(error);
}

void report_error(const Environment& environment, const std::string& message) {
  const UniqueFd log(
      environment.log.empty() ? -1 : open(environment.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log) return write_text_line(STDERR_FILENO, message);
  if (environment.is_json_log)
    write_json_line(log.get(), message);
  else
    write_text_line(log.get(), message);
  dprintf(STDERR_FILENO, "%s\n", message.c_str());
}

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  // Not gmtime_r: it reads the time zone's files.
  const std::chrono::sys_seconds seconds{std::chrono::seconds(now.tv_sec)};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  char text[64];
  snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ", static_cast<int>(date.year()),
           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
           static_cast<long>(time.hours().count()), static_cast<long>(time.minutes().count()),
           static_cast<long>(time.seconds().count()), now.tv_nsec);
  return text;
}

}  // namespace bulkhead::runtime
