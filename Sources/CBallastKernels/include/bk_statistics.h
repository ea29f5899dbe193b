/// Statistics of a tensor, gathered piece by piece in one pass.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// What has been seen so far. Extremes and moments are of the finite values alone.
typedef struct {
  double minimum;           ///< +∞ as long as nothing finite was seen
  double maximum;           ///< -∞ as long as nothing finite was seen
  double absolute_maximum;  ///< 0 as long as nothing finite was seen
  double mean;
  double m2;  ///< Σ (value - mean)²
  double sum_of_squares;
  uint64_t finite;
  uint64_t zeros;
  uint64_t nan;
  uint64_t positive_infinite;
  uint64_t negative_infinite;
  uint64_t subnormal;
} bk_statistics;

/// Nothing seen yet.
void bk_statistics_init(bk_statistics *statistics);
/// Adds `count` values, which may lie at any address.
void bk_statistics_f32(bk_statistics *into, const void *values, size_t count);
void bk_statistics_f64(bk_statistics *into, const void *values, size_t count);
