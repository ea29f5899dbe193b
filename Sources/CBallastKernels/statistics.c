#include "bk_statistics.h"
#include "vector_math.h"

#include <math.h>

// Values of one block: it stays in L1 for the second look, at the deviations from its mean.
enum { BK_STATISTICS_BLOCK = 2048 };

void bk_statistics_init(bk_statistics *statistics) {
  *statistics = (bk_statistics){.minimum = INFINITY, .maximum = -INFINITY};
}

/// Merges the moments of `count` further finite values (Chan, Golub and LeVeque 1983).
BK_INLINE void bk_statistics_merge(bk_statistics *into, uint64_t count, double mean, double m2) {
  if (count == 0) return;
  double total = (double)(into->finite + count);
  double delta = mean - into->mean;
  into->m2 += m2 + delta * delta * ((double)into->finite * (double)count / total);
  into->mean += delta * ((double)count / total);
  into->sum_of_squares += m2 + (double)count * mean * mean;
  into->finite += count;
}

/// Defines bk_statistics_NAME over `real` values whose bits are read as `word`, or as the signed
/// `order`: integers, unlike floats that might be NaN, have minima that compilers vectorise.
/// Flipping the lower bits of negative values makes the integers' order the values'.
#define BK_STATISTICS(name, real, word, order, infinity_bits, smallest_normal_bits)          \
  BK_INLINE real name##_value(order key) {                                                   \
    order bits = key ^ ((key >> (8 * sizeof(order) - 1)) & (order)((word)-1 >> 1));          \
    real value;                                                                              \
    memcpy(&value, &bits, sizeof value);                                                     \
    return value;                                                                            \
  }                                                                                          \
  BK_INLINE double name##_sum(const void *values, size_t count) {                            \
    _Pragma("clang fp reassociate(on)")                                                      \
    const struct __attribute__((packed)) { word bits; } *input = values;                     \
    double sum = 0;                                                                          \
    for (size_t i = 0; i < count; i++) {                                                     \
      word bits = input[i].bits;                                                             \
      bits = (bits & ((word)-1 >> 1)) < (infinity_bits) ? bits : 0;                          \
      real value;                                                                            \
      memcpy(&value, &bits, sizeof value);                                                   \
      sum += (double)value;                                                                  \
    }                                                                                        \
    return sum;                                                                              \
  }                                                                                          \
  BK_INLINE double name##_squared_deviation(const void *values, size_t count, double mean) { \
    _Pragma("clang fp reassociate(on) contract(fast)")                                       \
    const struct __attribute__((packed)) { word bits; } *input = values;                     \
    double sum = 0;                                                                          \
    for (size_t i = 0; i < count; i++) {                                                     \
      word bits = input[i].bits;                                                             \
      real value;                                                                            \
      memcpy(&value, &bits, sizeof value);                                                   \
      double deviation = (double)value - mean;                                               \
      sum += (bits & ((word)-1 >> 1)) < (infinity_bits) ? deviation * deviation : 0.0;       \
    }                                                                                        \
    return sum;                                                                              \
  }                                                                                          \
  BK_INLINE void name##_block(bk_statistics *into, const void *values, size_t count) {       \
    const struct __attribute__((packed)) { word bits; } *input = values;                     \
    const word infinity = (infinity_bits);                                                   \
    const order highest = (order)((word)-1 >> 1);                                            \
    order low = highest, high = -highest;                                                    \
    word zeros = 0, nan = 0, infinite = 0, negative_infinite = 0, subnormal = 0;             \
    for (size_t i = 0; i < count; i++) {                                                     \
      word bits = input[i].bits;                                                             \
      word magnitude = bits & (word)highest;                                                 \
      order key = (order)bits ^ (((order)bits >> (8 * sizeof(order) - 1)) & highest);        \
      order low_key = magnitude < infinity ? key : highest;                                  \
      order high_key = magnitude < infinity ? key : -highest;                                \
      low = low_key < low ? low_key : low;                                                   \
      high = high_key > high ? high_key : high;                                              \
      zeros += magnitude == 0;                                                               \
      nan += magnitude > infinity;                                                           \
      infinite += magnitude == infinity;                                                     \
      negative_infinite += bits == (infinity | ~(word)highest);                              \
      subnormal += magnitude - 1 < (word)(smallest_normal_bits) - 1;                         \
    }                                                                                        \
    into->zeros += zeros;                                                                    \
    into->nan += nan;                                                                        \
    into->positive_infinite += infinite - negative_infinite;                                 \
    into->negative_infinite += negative_infinite;                                            \
    into->subnormal += subnormal;                                                            \
    size_t finite = count - (size_t)nan - (size_t)infinite;                                  \
    if (finite == 0) return;                                                                 \
    /* Adding zero turns -0 into 0. */                                                       \
    double minimum = (double)name##_value(low) + 0.0;                                        \
    double maximum = (double)name##_value(high) + 0.0;                                       \
    into->minimum = fmin(into->minimum, minimum);                                            \
    into->maximum = fmax(into->maximum, maximum);                                            \
    into->absolute_maximum = fmax(-into->minimum, into->maximum);                            \
    double mean = name##_sum(values, count) / (double)finite;                                \
    bk_statistics_merge(                                                                     \
        into, finite, mean, name##_squared_deviation(values, count, mean));                  \
  }                                                                                          \
  BK_INLINE void name##_body(bk_statistics *into, const void *values, size_t count) {        \
    for (size_t first = 0; first < count; first += BK_STATISTICS_BLOCK) {                    \
      size_t rest = count - first;                                                           \
      name##_block(                                                                          \
          into, (const char *)values + first * sizeof(real),                                 \
          rest < BK_STATISTICS_BLOCK ? rest : BK_STATISTICS_BLOCK);                          \
    }                                                                                        \
  }                                                                                          \
  BK_DISPATCH(void, name, (bk_statistics *into, const void *values, size_t count),           \
              (into, values, count))

BK_STATISTICS(bk_statistics_f32, float, uint32_t, int32_t, 0x7f800000u, 0x00800000u)
BK_STATISTICS(
    bk_statistics_f64, double, uint64_t, int64_t, 0x7ff0000000000000u, 0x0010000000000000u)
