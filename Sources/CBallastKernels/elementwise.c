#include "bk_operations.h"
#include "dispatch.h"

BK_INLINE void bk_add_body(float *output, const float *left, const float *right, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) output[i] = left[i] + right[i];
}
BK_DISPATCH(void, bk_add, (float *output, const float *left, const float *right, size_t count),
            (output, left, right, count))

BK_INLINE void bk_add_scaled_body(float *output, const float *input, float factor, size_t count) {
#pragma clang fp contract(fast)
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) output[i] += factor * input[i];
}
BK_DISPATCH(void, bk_add_scaled, (float *output, const float *input, float factor, size_t count),
            (output, input, factor, count))

BK_INLINE void bk_scale_body(float *output, const float *input, float factor, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) output[i] = factor * input[i];
}
BK_DISPATCH(void, bk_scale, (float *output, const float *input, float factor, size_t count),
            (output, input, factor, count))

BK_INLINE void bk_add_bias_body(
    float *values, const float *bias, size_t rows, size_t columns, size_t stride) {
  for (size_t row = 0; row < rows; row++) {
    float *restrict output = values + row * stride;
    for (size_t j = 0; j < columns; j++) output[j] += bias[j];
  }
}
BK_DISPATCH(void, bk_add_bias,
            (float *values, const float *bias, size_t rows, size_t columns, size_t stride),
            (values, bias, rows, columns, stride))
