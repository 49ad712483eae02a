// The tmpfs option of OCI runtimes that copies what a directory holds into the tmpfs that will cover it.
#pragma once

namespace bulkhead::init {

/** Copies the tree at the directory `from` (may be O_PATH) into the directory `to`: 0 or -errno. */
long copy_up(int from, int to);

}  // namespace bulkhead::init
