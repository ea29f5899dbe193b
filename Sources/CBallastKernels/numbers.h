#pragma once

#include "bk_statistics.h"

#include <stddef.h>

// Values of one block: widened, it stays in L1 for a second look.
enum { BK_NUMBER_BLOCK = 2048 };

/// Values of a block, widened.
typedef union {
  float floats[BK_NUMBER_BLOCK];
  double doubles[BK_NUMBER_BLOCK];
} bk_widened;

/// Whether float32 does not hold every number of a type.
static inline int bk_number_is_wide(bk_number type) {
  return type == BK_F64 || type == BK_U32 || type == BK_I32 || type == BK_U64 || type == BK_I64;
}

/// Widens a block of numbers: to doubles where the type is wide, otherwise to floats.
void bk_widen(bk_widened *block, bk_number type, const void *values, size_t count);

/// Runs `body` for every block of `values`: `piece` is where it starts, `length` its numbers.
#define BK_EACH_BLOCK(body)                                                       \
  for (size_t first = 0; first < count; first += BK_NUMBER_BLOCK) {           \
    size_t rest = count - first;                                                  \
    size_t length = rest < BK_NUMBER_BLOCK ? rest : BK_NUMBER_BLOCK;      \
    const void *piece = (const char *)values + first * bk_number_size(type);      \
    body                                                                          \
  }
