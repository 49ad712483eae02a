#include "runtime/messages.h"

#include <fcntl.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/socket.h>
#include <sys/un.h>
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
  if (error.step == "security-label")
    return "unable to apply the security label \"" + error.object + "\": " + errno_text(error.number);
  if (error.step == "user" && error.number == ENOENT)
    return "unable to find user " + error.object + ": no matching entries in passwd file";
  std::string text = error.step;
  if (!error.object.empty()) text += " " + error.object;
  if (error.number != 0) text += ": " + errno_text(error.number);
  return text;
}

void write_json_line(int fd, const char* level, const std::string& message) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("level");
  writer.String(level);
  writer.Key("msg");
  writer.String(message.c_str());
  writer.Key("time");
  writer.String(timestamp().c_str());
  writer.EndObject();
  dprintf(fd, "%s\n", buffer.GetString());
}

void write_text_line(int fd, const char* level, const std::string& message) {
  std::string quoted;
  for (const char c : message) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  dprintf(fd, "time=\"%s\" level=%s msg=\"%s\"\n", timestamp().c_str(), level, quoted.c_str());
}

/** "syslog:NAME", "journald:NAME": both listen at /dev/log. Without a listener there is still standard error. */
bool report_to_syslog(const std::string& log, bool is_error, const std::string& message) {
  const std::size_t colon = log.find(':');
  const std::string_view kind = std::string_view(log).substr(0, colon == std::string::npos ? 0 : colon);
  if (kind != "syslog" && kind != "journald") return false;
  const std::string name = colon + 1 < log.size() ? log.substr(colon + 1) : "bulkhead-runtime";
  // Facility "daemon" (3), severity error (3) or warning (4): RFC 3164.
  const std::string text = (is_error ? "<27>" : "<28>") + name + "[" + std::to_string(getpid()) + "]: " + message;
  sockaddr_un address{AF_UNIX, "/dev/log"};
  const UniqueFd target(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (target)
    sendto(target.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           sizeof address);
  dprintf(STDERR_FILENO, "%s\n", message.c_str());
  return true;
}

void report(const Environment& environment, const char* level, const std::string& message) {
  if (report_to_syslog(environment.log, level[0] == 'e', message)) return;
  const UniqueFd log(
      environment.log.empty() ? -1 : open(environment.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log) return write_text_line(STDERR_FILENO, level, message);
  if (environment.is_json_log)
    write_json_line(log.get(), level, message);
  else
    write_text_line(log.get(), level, message);
  dprintf(STDERR_FILENO, "%s\n", message.c_str());
}

}  // namespace

Error plain_error(std::string text) { return make_error("", 0, text); }

std::string message_of(const Error& error) {
  if (error.step.empty() || error.step == "usage") return error.object;
  if (error.step == "config") return "invalid configuration: " + error.object;
  if (error.step == "state" || error.step == "read") return error.object + ": " + errno_text(error.number);
  return "unable to start container process: " + detail_of(error);
}

void report_error(const Environment& environment, const std::string& message) { report(environment, "error", message); }

void report_warning(const Environment& environment, const std::string& message) {
  report(environment, "warning", message);
}

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  // Not gmtime_r: it reads the time zone's files.
  const std::chrono::sys_seconds seconds{std::chrono::seconds(now.tv_sec)};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  char text[96];
  snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ", static_cast<int>(date.year()),
           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
           static_cast<long>(time.hours().count()), static_cast<long>(time.minutes().count()),
           static_cast<long>(time.seconds().count()), now.tv_nsec);
  return text;
}

}  // namespace bulkhead::runtime
