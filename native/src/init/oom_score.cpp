// The out-of-memory score of the process that is launched, and of the monitor that stays.
#include "oom_score.h"

#include "files.h"

namespace bulkhead::init {

void take_oom_score(Context& context, OomScore& score) {
  const auto& process = context.plan->process;
  if ((process.flags & plan::kProcessHasOomScore) == 0) return;
  enter(context, plan::Step::kOomScore);
  score.own_size = read_file(AT_FDCWD, "/proc/self/oom_score_adj", score.own, sizeof score.own);
  Buffer<16> text;
  text.number(process.oomScore);
  const long result = write_file(AT_FDCWD, "/proc/self/oom_score_adj", text.text(), text.size());
  if (result < 0 && (process.flags & plan::kProcessOomScoreOptional) == 0) fail(context, result);
  note(context, result);
}
void restore_oom_score(Context& context, const OomScore& score) {
  const char* path = "/proc/self/oom_score_adj";
  const bool is_protected =
      (context.plan->monitor.flags & plan::kMonitorProtectFromOom) != 0 && write_file(AT_FDCWD, path, "-999", 4) == 0;
  if (!is_protected && score.own_size > 0) write_file(AT_FDCWD, path, score.own, static_cast<size_t>(score.own_size));
}

}  // namespace bulkhead::init
