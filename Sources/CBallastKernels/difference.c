#include "bk_difference.h"
#include "vector_math.h"

#include <float.h>

// Pairs of one block: both sides stay in L1 for the second look, which takes the sums.
enum { BK_DIFFERENCE_BLOCK = 1024 };

/// Defines bk_difference_NAME over `real` values whose bits are read as `word`. All arithmetic is
/// in double. A pair that is not finite on both sides is taken for a pair of zeros, and counted.
///
/// The largest of numbers that are not negative is that of their bits as integers, which, unlike
/// floats that might be NaN, compilers vectorise. What is compared is neither fused nor reordered:
/// counts and extremes are the same for every instruction set.
#define BK_DIFFERENCE(name, real, word, infinity_bits)                                         \
  typedef const struct __attribute__((packed)) { word bits; } name##_values;                   \
  BK_INLINE double name##_value(word bits, word mask) {                                        \
    bits &= mask;                                                                              \
    real value;                                                                                \
    memcpy(&value, &bits, sizeof value);                                                       \
    return (double)value;                                                                      \
  }                                                                                            \
  BK_INLINE word name##_finite(word a, word b) {                                               \
    const word highest = (word)-1 >> 1;                                                        \
    return (word)0 - (word)((a & highest) < (infinity_bits) && (b & highest) < (infinity_bits)); \
  }                                                                                            \
  BK_INLINE void name##_sums(bk_difference *into, name##_values *a, name##_values *b,          \
                             size_t count) {                                                   \
    _Pragma("clang fp reassociate(on) contract(fast)")                                         \
    double dot = 0, squares_a = 0, squares_b = 0, squares = 0;                                 \
    for (size_t i = 0; i < count; i++) {                                                       \
      word mask = name##_finite(a[i].bits, b[i].bits);                                         \
      double x = name##_value(a[i].bits, mask), y = name##_value(b[i].bits, mask);             \
      double difference = x - y;                                                               \
      dot += x * y;                                                                            \
      squares_a += x * x;                                                                      \
      squares_b += y * y;                                                                      \
      squares += difference * difference;                                                      \
    }                                                                                          \
    into->dot += dot;                                                                          \
    into->squares_a += squares_a;                                                              \
    into->squares_b += squares_b;                                                              \
    into->squares += squares;                                                                  \
  }                                                                                            \
  BK_INLINE void name##_block(bk_difference *into, name##_values *a, name##_values *b,         \
                              size_t count, double atol, double rtol) {                        \
    _Pragma("clang fp contract(off)")                                                          \
    const word highest = (word)-1 >> 1, infinity = (infinity_bits);                            \
    int64_t absolute = 0, relative = 0;                                                        \
    uint64_t changed = 0, beyond = 0;                                                          \
    word nan = 0, infinite = 0;                                                                \
    for (size_t i = 0; i < count; i++) {                                                       \
      word a_bits = a[i].bits, b_bits = b[i].bits;                                             \
      word a_nan = (a_bits & highest) > infinity, b_nan = (b_bits & highest) > infinity;       \
      word mask = name##_finite(a_bits, b_bits);                                               \
      nan += a_nan ^ b_nan;                                                                    \
      infinite += (a_nan | b_nan) == 0 && mask == 0 && a_bits != b_bits;                       \
      double x = name##_value(a_bits, mask), y = name##_value(b_bits, mask);                   \
      double difference = fabs(x - y), size_a = fabs(x), size_b = fabs(y);                     \
      double size = size_a > size_b ? size_a : size_b;                                         \
      /* The difference of two float64 may be beyond it, but that of their halves is not. */     \
      double half = sizeof(real) == sizeof(double) && difference > DBL_MAX ? 0.5 : 1.0;        \
      double quotient = fabs(half * x - half * y) / (size > 0 ? half * size : 1.0);            \
      int64_t difference_bits, quotient_bits;                                                  \
      memcpy(&difference_bits, &difference, sizeof difference);                                \
      memcpy(&quotient_bits, &quotient, sizeof quotient);                                      \
      absolute = difference_bits > absolute ? difference_bits : absolute;                      \
      relative = quotient_bits > relative ? quotient_bits : relative;                          \
      changed += difference > 0;                                                               \
      beyond += difference > atol + rtol * size_b;                                             \
    }                                                                                          \
    double largest;                                                                            \
    memcpy(&largest, &absolute, sizeof largest);                                               \
    into->max_absolute = fmax(into->max_absolute, largest);                                    \
    memcpy(&largest, &relative, sizeof largest);                                               \
    into->max_relative = fmax(into->max_relative, largest);                                    \
    into->changed += changed;                                                                  \
    into->beyond += beyond;                                                                    \
    into->nan += nan;                                                                          \
    into->infinite += infinite;                                                                \
    name##_sums(into, a, b, count);                                                            \
  }                                                                                            \
  BK_INLINE void name##_body(bk_difference *into, const void *a, const void *b, size_t count,  \
                             double atol, double rtol) {                                       \
    for (size_t first = 0; first < count; first += BK_DIFFERENCE_BLOCK) {                      \
      size_t rest = count - first;                                                             \
      name##_block(into, (name##_values *)a + first, (name##_values *)b + first,               \
                   rest < BK_DIFFERENCE_BLOCK ? rest : BK_DIFFERENCE_BLOCK, atol, rtol);       \
    }                                                                                          \
  }                                                                                            \
  BK_DISPATCH(void, name,                                                                      \
              (bk_difference *into, const void *a, const void *b, size_t count, double atol,   \
               double rtol),                                                                   \
              (into, a, b, count, atol, rtol))

BK_DIFFERENCE(bk_difference_f32, float, uint32_t, 0x7f800000u)
BK_DIFFERENCE(bk_difference_f64, double, uint64_t, 0x7ff0000000000000u)
