/// How far two tensors are from each other, gathered piece by piece in one pass.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// What has been seen so far. Extremes and sums are of the pairs that are finite on both sides.
typedef struct {
  double max_absolute;  ///< max |a - b|
  double max_relative;  ///< max |a - b| / max(|a|, |b|), where equal values have 0
  double dot;           ///< Σ a b
  double squares_a;     ///< Σ a²
  double squares_b;     ///< Σ b²
  double squares;       ///< Σ (a - b)²
  uint64_t changed;     ///< finite pairs with a ≠ b
  uint64_t beyond;      ///< finite pairs with |a - b| > atol + rtol |b|
  uint64_t nan;         ///< pairs of which one is NaN and the other is not
  uint64_t infinite;    ///< pairs of numbers, not both finite, that are not the same infinity
} bk_difference;

/// Adds `count` pairs of values, which may lie at any address. `*into` starts as zeros.
void bk_difference_f32(bk_difference *into, const void *a, const void *b, size_t count,
                       double atol, double rtol);
void bk_difference_f64(bk_difference *into, const void *a, const void *b, size_t count,
                       double atol, double rtol);
