#include "bk_dispatch.h"

#include <stdatomic.h>

static _Atomic int chosen_level = 0;

int bk_supported_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return BK_LEVEL_V4;
  if (__builtin_cpu_supports("x86-64-v3")) return BK_LEVEL_V3;
#endif
  return BK_LEVEL_BASELINE;
}

int bk_level(void) {
  int level = atomic_load_explicit(&chosen_level, memory_order_relaxed);
  if (level == 0) {
    level = bk_supported_level();
    atomic_store_explicit(&chosen_level, level, memory_order_relaxed);
  }
  return level;
}

void bk_set_level(int level) {
  int supported = bk_supported_level();
  if (level > supported) level = supported;
  if (level < BK_LEVEL_BASELINE) level = BK_LEVEL_BASELINE;
  atomic_store_explicit(&chosen_level, level, memory_order_relaxed);
}

_Bool bk_has_bfloat16(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16");
#else
  return 0;
#endif
}

const char *bk_instruction_set(void) {
  switch (bk_level()) {
    case BK_LEVEL_V4: return "x86-64-v4";
    case BK_LEVEL_V3: return "x86-64-v3";
    default: return "baseline";
  }
}
