#pragma once

#include "vector_math.h"

#include <stddef.h>

// Reductions and maps over one row, to be inlined into a kernel.

/// Sixteen floats at any address that holds a float.
typedef float bk_lanes __attribute__((vector_size(64), aligned(4)));
enum { BK_LANES = 16 };

/// The largest of `count` >= 1 values, NaN left out of account.
///
/// The lanes are explicit because compilers don't reorder a maximum that might meet NaN.
BK_INLINE float bk_maximum(const float *values, size_t count) {
  float largest = values[0];
  size_t j = 1;
  if (count >= BK_LANES) {
    bk_lanes lanes = *(const bk_lanes *)values;
    for (j = BK_LANES; j + BK_LANES <= count; j += BK_LANES) {
      lanes = __builtin_elementwise_max(lanes, *(const bk_lanes *)(values + j));
    }
    largest = __builtin_reduce_max(lanes);
  }
  for (; j < count; j++) largest = __builtin_elementwise_max(largest, values[j]);
  return largest;
}

/// values[j] = exp(values[j] - shift).
BK_INLINE void bk_exp_row(float *values, float shift, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t j = 0; j < count; j++) values[j] = bk_exp(values[j] - shift);
}

BK_INLINE double bk_sum(const float *values, size_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (size_t j = 0; j < count; j++) sum += (double)values[j];
  return sum;
}

BK_INLINE float bk_dot(const float *left, const float *right, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t j = 0; j < count; j++) sum += left[j] * right[j];
  return sum;
}
