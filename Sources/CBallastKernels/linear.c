#include "bk_operations.h"
#include "row_math.h"

BK_INLINE void bk_linear_few_rows_body(
    float *output, const float *input, const float *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride) {
  for (size_t o = 0; o < outputs; o++) {
    const float *row = weight + o * inputs;
    for (size_t r = 0; r < rows; r++) {
      output[r * output_stride + o] =
          bk_dot(input + r * inputs, row, inputs) + (bias ? bias[o] : 0);
    }
  }
}
BK_DISPATCH(void, bk_linear_few_rows,
            (float *output, const float *input, const float *weight, const float *bias,
             size_t rows, size_t inputs, size_t outputs, size_t output_stride),
            (output, input, weight, bias, rows, inputs, outputs, output_stride))
