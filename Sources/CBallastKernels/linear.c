#include "bk_operations.h"
#include "row_math.h"

// Rows of input that share one reading of a weight row: their sums fit in registers.
enum { BK_ROW_BLOCK = 4 };

/// The dot products of `rows` <= BK_ROW_BLOCK input rows with one weight row. `rows` is a constant
/// where this is inlined. The order of additions is the same for every number of rows.
BK_INLINE void bk_dots(
    float *dots, const float *input, const float *weight, size_t rows, size_t inputs) {
#pragma clang fp contract(fast)
  bk_lanes sums[BK_ROW_BLOCK] = {0};
  size_t i = 0;
  for (; i + BK_LANES <= inputs; i += BK_LANES) {
    bk_lanes w = *(const bk_lanes *)(weight + i);
    for (size_t r = 0; r < rows; r++) {
      sums[r] += w * *(const bk_lanes *)(input + r * inputs + i);
    }
  }
  for (size_t r = 0; r < rows; r++) {
    // Halves are folded onto each other, which the hardware does faster than a sum in order.
    float lanes[BK_LANES];
    memcpy(lanes, &sums[r], sizeof lanes);
    for (size_t half = BK_LANES / 2; half > 0; half /= 2) {
      for (size_t j = 0; j < half; j++) lanes[j] += lanes[j + half];
    }
    for (size_t j = i; j < inputs; j++) lanes[0] += weight[j] * input[r * inputs + j];
    dots[r] = lanes[0];
  }
}

BK_INLINE void bk_linear_few_rows_body(
    float *output, const float *input, const float *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride) {
  for (size_t o = 0; o < outputs; o++) {
    const float *row = weight + o * inputs;
    for (size_t first = 0; first < rows; first += BK_ROW_BLOCK) {
      size_t count = rows - first < BK_ROW_BLOCK ? rows - first : BK_ROW_BLOCK;
      const float *block = input + first * inputs;
      float dots[BK_ROW_BLOCK];
      switch (count) {
        case 1: bk_dots(dots, block, row, 1, inputs); break;
        case 2: bk_dots(dots, block, row, 2, inputs); break;
        case 3: bk_dots(dots, block, row, 3, inputs); break;
        default: bk_dots(dots, block, row, 4, inputs);
      }
      for (size_t r = 0; r < count; r++) {
        output[(first + r) * output_stride + o] = dots[r] + (bias ? bias[o] : 0);
      }
    }
  }
}
BK_DISPATCH(void, bk_linear_few_rows,
            (float *output, const float *input, const float *weight, const float *bias,
             size_t rows, size_t inputs, size_t outputs, size_t output_stride),
            (output, input, weight, bias, rows, inputs, outputs, output_stride))
