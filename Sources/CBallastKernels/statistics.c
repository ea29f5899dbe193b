#include "bk_statistics.h"
#include "dispatch.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Values of one block; its sums are exact enough in double, and blocks are merged by Chan's rule.
enum { BK_STATISTICS_BLOCK = 4096 };

void bk_statistics_init(bk_statistics *statistics) {
  memset(statistics, 0, sizeof *statistics);
  statistics->minimum = INFINITY;
  statistics->maximum = -INFINITY;
}

/// Adds a block with `count` finite values (Chan, Golub and LeVeque 1983).
static void bk_statistics_merge(
    bk_statistics *into, uint64_t count, double mean, double m2, double squares) {
  if (count == 0) return;
  double total = (double)(into->finite + count);
  double delta = mean - into->mean;
  into->m2 += m2 + delta * delta * ((double)into->finite * (double)count / total);
  into->mean += delta * ((double)count / total);
  into->sum_of_squares += squares;
  into->finite += count;
}

#define BK_STATISTICS_BODY(type, largest, smallest_normal)                                 \
  struct __attribute__((packed)) unaligned { type value; };                                \
  const struct unaligned *input = values;                                                  \
  for (size_t start = 0; start < count; start += BK_STATISTICS_BLOCK) {                    \
    size_t n = count - start < BK_STATISTICS_BLOCK ? count - start : BK_STATISTICS_BLOCK;  \
    const struct unaligned *block = input + start;                                         \
    double sum = 0, squares = 0, low = into->minimum, high = into->maximum;                \
    uint64_t finite = 0, zeros = 0, nan = 0, above = 0, below = 0, subnormal = 0;          \
    for (size_t i = 0; i < n; i++) {                                                       \
      type x = block[i].value;                                                             \
      type magnitude = x < 0 ? -x : x;                                                     \
      int is_finite = magnitude <= (largest);                                              \
      double v = is_finite ? (double)x : 0.0;                                              \
      finite += (uint64_t)is_finite;                                                       \
      zeros += (uint64_t)(x == 0);                                                         \
      nan += (uint64_t)(x != x);                                                           \
      above += (uint64_t)(x > (largest));                                                  \
      below += (uint64_t)(x < -(largest));                                                 \
      subnormal += (uint64_t)((magnitude > 0) & (magnitude < (smallest_normal)));          \
      low = is_finite && v < low ? v : low;                                                \
      high = is_finite && v > high ? v : high;                                             \
      sum += v;                                                                            \
      squares += v * v;                                                                    \
    }                                                                                      \
    double mean = finite ? sum / (double)finite : 0;                                       \
    double m2 = 0;                                                                         \
    for (size_t i = 0; i < n; i++) {                                                       \
      type x = block[i].value;                                                             \
      type magnitude = x < 0 ? -x : x;                                                     \
      double deviation = magnitude <= (largest) ? (double)x - mean : 0.0;                  \
      m2 += deviation * deviation;                                                         \
    }                                                                                      \
    into->minimum = low;                                                                   \
    into->maximum = high;                                                                  \
    into->zeros += zeros;                                                                  \
    into->nan += nan;                                                                      \
    into->positive_infinite += above;                                                      \
    into->negative_infinite += below;                                                      \
    into->subnormal += subnormal;                                                          \
    bk_statistics_merge(into, finite, mean, m2, squares);                                  \
  }                                                                                        \
  double least = -into->minimum, most = into->maximum;                                     \
  into->absolute_maximum = into->finite ? (least > most ? least : most) : 0;

BK_INLINE void bk_statistics_f32_body(bk_statistics *into, const void *values, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  BK_STATISTICS_BODY(float, FLT_MAX, FLT_MIN)
}
BK_DISPATCH(void, bk_statistics_f32, (bk_statistics *into, const void *values, size_t count),
            (into, values, count))

BK_INLINE void bk_statistics_f64_body(bk_statistics *into, const void *values, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  BK_STATISTICS_BODY(double, DBL_MAX, DBL_MIN)
}
BK_DISPATCH(void, bk_statistics_f64, (bk_statistics *into, const void *values, size_t count),
            (into, values, count))
