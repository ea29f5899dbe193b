#pragma once

#include <stdint.h>

/// Instruction sets that kernels are compiled for, in ascending order.
enum {
  BK_LEVEL_BASELINE = 1,
  BK_LEVEL_V3 = 2,
  BK_LEVEL_V4 = 3,
};

/// The highest level that this machine can run.
int bk_supported_level(void);

/// The level in use: the supported one, unless a test asked for a lower one.
int bk_level(void);

/// Makes kernels run at `level`, or at the supported level where that is lower. For tests.
void bk_set_level(int level);

/// The cores that this process may run on: its affinity mask, which `taskset` and the cpusets of
/// containers shrink. Swift's Glibc module lacks sched_getaffinity.
int bk_available_cores(void);

/// Whether the processor multiplies bfloat16 (AVX512-BF16), whatever the level in use.
_Bool bk_has_bfloat16(void);

/// Bytes that this process can still get: those that `system` ("/proc") says are available, or fewer where the
/// control group, of version 2, in the folder `group` has a limit; 0 where nothing says so.
uint64_t bk_available_memory(const char *system, const char *group);

/// Gives memory back to the system that was freed, and that the C library keeps for later.
void bk_give_back_memory(void);

/// The name of the level in use: "baseline", "x86-64-v3" or "x86-64-v4".
const char *bk_instruction_set(void);
