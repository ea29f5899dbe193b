/// Loops that must be vectorised, in one header.
///
/// Each function is compiled for several instruction sets and picks one at run time. Buffers are
/// row-major; an output may be the same buffer as an input of the same shape, but must not overlap
/// it in any other way. Unless a header says otherwise, pointers need the alignment of an element
/// only for ordinary C; the casts and statistics accept any address.
#pragma once

#include "bk_casts.h"
#include "bk_difference.h"
#include "bk_dispatch.h"
#include "bk_operations.h"
#include "bk_prefetch.h"
#include "bk_scratch.h"
#include "bk_statistics.h"
#include "bk_threads.h"
#include "bk_weights.h"
