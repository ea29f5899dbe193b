#pragma once

#include <stddef.h>

/// A piece of work: `part` of the parts that a call of `bk_threads_run` has.
typedef void (*bk_part)(void *context, size_t part);

/// Runs `run` once for each of 0 ..< `parts`, on the caller and at most `threads` - 1 others, and waits.
///
/// A thread that is done with a part takes the next one that is left. Where the threads are busy with
/// another call, as within a part, and where there can be no more of them, fewer take the parts, at the
/// least the caller alone.
void bk_threads_run(size_t parts, size_t threads, bk_part run, void *context);
