#pragma once

#include <stddef.h>

/// The calling thread's own block of so many floats or more, on a page's start; its contents are what they are.
///
/// It grows to the most that was asked for, and goes with its thread. NULL where it is taken already or there is no memory:
/// the caller then has to find some itself.
float *bk_scratch_take(size_t count);

/// Ends the use of what `bk_scratch_take` gave this thread.
void bk_scratch_give(void);
