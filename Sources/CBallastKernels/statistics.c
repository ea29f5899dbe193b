#include "numbers.h"
#include "vector_math.h"

#include <float.h>
#include <math.h>

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

BK_INLINE void bk_statistics_extend(bk_statistics *into, double minimum, double maximum) {
  into->minimum = fmin(into->minimum, minimum);
  into->maximum = fmax(into->maximum, maximum);
  into->absolute_maximum = fmax(-into->minimum, into->maximum);
}

/// So many bytes ahead are fetched: two threads read at 0.85 of the speed of memory instead of 0.65.
#define BK_STATISTICS_AHEAD 2048

/// Where less than this is left of a sum of squares, too many of its digits have cancelled.
#define BK_LEAST_REMAINDER 0x1p-12

/// The lanes of `a` where those of the comparison hold, and of `b` elsewhere.
#define BK_SELECT(keys, comparison, a, b)                                                    \
  ((__typeof__(a))(((comparison) & (keys)(a)) | (~(comparison) & (keys)(b))))

/// Defines bk_statistics_NAME over `real` values whose bits are read as `word`, or as the signed
/// `order`: integers, unlike floats that might be NaN, have minima that compilers vectorise.
/// Flipping the lower bits of negative values makes the integers' order the values'.
///
/// Nearly all blocks are plain: of finite numbers whose spread is not small beside their mean. For
/// these one look gives all, but for the number of zeros where there are some; others are looked at
/// more closely.
#define BK_STATISTICS(                                                                       \
    name, real, word, order, infinity_bits, smallest_normal_bits, smallest_normal)           \
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
    bk_statistics_extend(                                                                    \
        into, (double)name##_value(low) + 0.0, (double)name##_value(high) + 0.0);            \
    double mean = name##_sum(values, count) / (double)finite;                                \
    bk_statistics_merge(                                                                     \
        into, finite, mean, name##_squared_deviation(values, count, mean));                  \
  }                                                                                          \
  BK_INLINE void name##_count_small(bk_statistics *into, const void *values, size_t count) {  \
    const struct __attribute__((packed)) { word bits; } *input = values;                     \
    word zeros = 0, subnormal = 0;                                                           \
    for (size_t i = 0; i < count; i++) {                                                     \
      word magnitude = input[i].bits & ((word)-1 >> 1);                                      \
      zeros += magnitude == 0;                                                               \
      subnormal += magnitude - 1 < (word)(smallest_normal_bits) - 1;                         \
    }                                                                                        \
    into->zeros += zeros;                                                                    \
    into->subnormal += subnormal;                                                            \
  }                                                                                          \
  /* Whether the block was a plain one, and is added. */                                       \
  BK_INLINE int name##_plain_block(bk_statistics *into, const void *values, size_t count) {   \
    typedef real numbers __attribute__((vector_size(64)));                                   \
    typedef real half __attribute__((vector_size(32)));                                      \
    typedef order keys __attribute__((vector_size(64)));                                     \
    typedef double doubles __attribute__((vector_size(32 / sizeof(real) * sizeof(double)))); \
    enum { LANES = 64 / sizeof(real) };                                                      \
    numbers low, high, nearest = (numbers){} + (real)INFINITY;                               \
    memcpy(&low, values, sizeof low);                                                        \
    high = low;                                                                              \
    doubles sum[2] = {0}, squares[2] = {0};                                                  \
    for (size_t first = 0; first < count; first += LANES) {                                  \
      numbers piece;                                                                         \
      memcpy(&piece, (const real *)values + first, sizeof piece);                            \
      __builtin_prefetch((const real *)values + first + BK_STATISTICS_AHEAD / sizeof(real)); \
      numbers magnitude = (numbers)((keys)piece & (order)((word)-1 >> 1));                   \
      low = BK_SELECT(keys, piece < low, piece, low);                                        \
      high = BK_SELECT(keys, piece > high, piece, high);                                     \
      nearest = BK_SELECT(keys, magnitude < nearest, magnitude, nearest);                    \
      half halves[2];                                                                        \
      memcpy(halves, &piece, sizeof piece);                                                  \
      for (int i = 0; i < 2; i++) {                                                          \
        doubles wide = __builtin_convertvector(halves[i], doubles);                          \
        sum[i] += wide;                                                                      \
        squares[i] += wide * wide;                                                           \
      }                                                                                      \
    }                                                                                        \
    double all = 0, all_squares = 0;                                                         \
    for (int i = 0; i < LANES; i++) {                                                        \
      all += sum[i * 2 / LANES][i % (LANES / 2)];                                            \
      all_squares += squares[i * 2 / LANES][i % (LANES / 2)];                                \
    }                                                                                        \
    real minimum = low[0], maximum = high[0], least = nearest[0];                            \
    for (int i = 1; i < LANES; i++) {                                                        \
      minimum = low[i] < minimum ? low[i] : minimum;                                         \
      maximum = high[i] > maximum ? high[i] : maximum;                                       \
      least = nearest[i] < least ? nearest[i] : least;                                       \
    }                                                                                        \
    double m2 = all_squares - all * (all / (double)count);                                   \
    /* Only finite numbers have a finite sum of squares. */                                  \
    if (!(all_squares <= DBL_MAX && m2 >= all_squares * BK_LEAST_REMAINDER)) return 0;       \
    if (least < (smallest_normal)) name##_count_small(into, values, count);                  \
    /* Adding zero turns -0 into 0. */                                                       \
    bk_statistics_extend(into, (double)minimum + 0.0, (double)maximum + 0.0);                \
    bk_statistics_merge(into, count, all / (double)count, m2);                               \
    return 1;                                                                                \
  }                                                                                          \
  BK_INLINE void name##_body(bk_statistics *into, const void *values, size_t count) {        \
    for (size_t first = 0; first < count; first += BK_NUMBER_BLOCK) {                        \
      size_t rest = count - first;                                                           \
      size_t length = rest < BK_NUMBER_BLOCK ? rest : BK_NUMBER_BLOCK;                       \
      const void *block = (const real *)values + first;                                      \
      if (length % (64 / sizeof(real)) != 0 || !name##_plain_block(into, block, length)) {   \
        name##_block(into, block, length);                                                   \
      }                                                                                      \
    }                                                                                        \
  }                                                                                          \
  BK_DISPATCH(void, name, (bk_statistics *into, const void *values, size_t count),           \
              (into, values, count))

BK_STATISTICS(bk_statistics_f32, float, uint32_t, int32_t, 0x7f800000u, 0x00800000u, FLT_MIN)
BK_STATISTICS(
    bk_statistics_f64, double, uint64_t, int64_t, 0x7ff0000000000000u, 0x0010000000000000u, DBL_MIN)

void bk_statistics_join(bk_statistics *into, const bk_statistics *other) {
  into->minimum = fmin(into->minimum, other->minimum);
  into->maximum = fmax(into->maximum, other->maximum);
  into->absolute_maximum = fmax(into->absolute_maximum, other->absolute_maximum);
  // Not the sum that merging the moments gives: this one was added up already.
  double sum_of_squares = into->sum_of_squares + other->sum_of_squares;
  bk_statistics_merge(into, other->finite, other->mean, other->m2);
  into->sum_of_squares = sum_of_squares;
  into->zeros += other->zeros;
  into->nan += other->nan;
  into->positive_infinite += other->positive_infinite;
  into->negative_infinite += other->negative_infinite;
  into->subnormal += other->subnormal;
}

/// The numbers of a narrow type that are smaller than its normal ones.
BK_INLINE size_t bk_subnormals_body(bk_number type, const void *values, size_t count) {
  size_t subnormals = 0;
  if (type == BK_F16) {
    const struct __attribute__((packed)) { uint16_t bits; } *halves = values;
    for (size_t i = 0; i < count; i++) subnormals += (uint16_t)((halves[i].bits & 0x7fff) - 1) < 0x3ff;
  } else {
    const uint8_t *bytes = values;
    uint8_t least = type == BK_F8E4M3 ? 7 : 3;
    for (size_t i = 0; i < count; i++) subnormals += (uint8_t)((bytes[i] & 0x7f) - 1) < least;
  }
  return subnormals;
}
BK_DISPATCH(size_t, bk_subnormals, (bk_number type, const void *values, size_t count),
            (type, values, count))

void bk_statistics_add(bk_statistics *into, bk_number type, const void *values, size_t count) {
  if (type == BK_F32) return bk_statistics_f32(into, values, count);
  if (type == BK_F64) return bk_statistics_f64(into, values, count);
  bk_widened block;
  uint64_t subnormal = into->subnormal;
  BK_EACH_BLOCK({
    bk_widen(&block, type, piece, length);
    if (bk_number_is_wide(type)) {
      bk_statistics_f64(into, block.doubles, length);
    } else {
      bk_statistics_f32(into, block.floats, length);
    }
  })
  // As float32 they are normal.
  if (type == BK_F16 || type == BK_F8E4M3 || type == BK_F8E5M2) {
    into->subnormal = subnormal + bk_subnormals(type, values, count);
  }
}
