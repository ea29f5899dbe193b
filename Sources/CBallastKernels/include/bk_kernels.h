#pragma once
#include "bk_casts.h"
#include "bk_statistics.h"

/// The instruction set level that was chosen: "baseline", "x86-64-v3" or "x86-64-v4".
const char *bk_instruction_set(void);
