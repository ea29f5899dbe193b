#include "bk_operations.h"
#include "row_math.h"

// Columns that a column sum takes at a time: their double accumulators stay in registers and L1.
enum { BK_COLUMN_BLOCK = 64 };

/// One core reads four places at once faster than one behind the other, and faster yet where it is told ahead.
enum { BK_STREAMS = 4, BK_FLOATS_AHEAD = 512 };

typedef double bk_doubles __attribute__((vector_size(128)));

BK_INLINE double bk_sum_of_squares_body(const float *values, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  size_t length = count / BK_STREAMS / BK_LANES * BK_LANES;
  bk_doubles sums[BK_STREAMS] = {0};
  for (size_t i = 0; i < length; i += BK_LANES) {
    for (size_t s = 0; s < BK_STREAMS; s++) {
      const float *place = values + s * length + i;
      __builtin_prefetch(place + BK_FLOATS_AHEAD);
      bk_doubles wide = __builtin_convertvector(*(const bk_lanes *)place, bk_doubles);
      sums[s] += wide * wide;
    }
  }
  bk_doubles lanes = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double sum = 0;
  for (size_t j = 0; j < BK_LANES; j++) sum += lanes[j];
  for (size_t i = BK_STREAMS * length; i < count; i++) sum += (double)values[i] * (double)values[i];
  return sum;
}
BK_DISPATCH(double, bk_sum_of_squares, (const float *values, size_t count), (values, count))

BK_INLINE void bk_add_column_sums_body(
    float *sums, const float *values, size_t rows, size_t columns, size_t stride) {
  for (size_t first = 0; first < columns; first += BK_COLUMN_BLOCK) {
    size_t width = columns - first < BK_COLUMN_BLOCK ? columns - first : BK_COLUMN_BLOCK;
    double block[BK_COLUMN_BLOCK] = {0};
    for (size_t row = 0; row < rows; row++) {
      const float *restrict input = values + row * stride + first;
      for (size_t j = 0; j < width; j++) block[j] += (double)input[j];
    }
    for (size_t j = 0; j < width; j++) sums[first + j] += (float)block[j];
  }
}
BK_DISPATCH(void, bk_add_column_sums,
            (float *sums, const float *values, size_t rows, size_t columns, size_t stride),
            (sums, values, rows, columns, stride))

BK_INLINE void bk_row_dots_body(
    float *dots, const float *left, size_t left_stride, const float *right, size_t right_stride,
    size_t rows, size_t columns) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t row = 0; row < rows; row++) {
    const float *a = left + row * left_stride;
    const float *b = right + row * right_stride;
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += (double)a[j] * (double)b[j];
    dots[row] = (float)sum;
  }
}
BK_DISPATCH(void, bk_row_dots,
            (float *dots, const float *left, size_t left_stride, const float *right,
             size_t right_stride, size_t rows, size_t columns),
            (dots, left, left_stride, right, right_stride, rows, columns))
