#include "bk_operations.h"
#include "dispatch.h"

// Columns that a column sum takes at a time: their double accumulators stay in registers and L1.
enum { BK_COLUMN_BLOCK = 64 };

BK_INLINE double bk_sum_of_squares_body(const float *values, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
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
