#pragma once
#include <stddef.h>
#include <stdint.h>
typedef struct {
  double minimum, maximum, absolute_maximum, mean, m2, sum_of_squares;
  uint64_t finite, zeros, nan, positive_infinite, negative_infinite, subnormal;
} bk_statistics;
void bk_statistics_init(bk_statistics *s);
void bk_statistics_f32(bk_statistics *into, const void *values, size_t count);
void bk_statistics_f64(bk_statistics *into, const void *values, size_t count);
