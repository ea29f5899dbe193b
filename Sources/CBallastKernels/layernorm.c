#include "bk_operations.h"
#include "dispatch.h"

#include <math.h>

enum { BK_COLUMN_BLOCK = 64 };

BK_INLINE double bk_row_sum(const float *row, size_t width) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t j = 0; j < width; j++) sum += (double)row[j];
  return sum;
}

BK_INLINE double bk_row_squared_deviation(const float *row, size_t width, double mean) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  for (size_t j = 0; j < width; j++) {
    double deviation = (double)row[j] - mean;
    sum += deviation * deviation;
  }
  return sum;
}

BK_INLINE void bk_normalize_row(
    float *y, const float *x, const float *weight, const float *bias, float center, float factor,
    size_t width) {
#pragma clang fp contract(fast)
  if (bias) {
#pragma clang loop vectorize(assume_safety)
    for (size_t j = 0; j < width; j++) y[j] = (x[j] - center) * factor * weight[j] + bias[j];
  } else {
#pragma clang loop vectorize(assume_safety)
    for (size_t j = 0; j < width; j++) y[j] = (x[j] - center) * factor * weight[j];
  }
}

BK_INLINE void bk_layer_norm_body(
    float *output, float *mean, float *reciprocal_std, const float *input, const float *weight,
    const float *bias, size_t rows, size_t width, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = input + row * width;
    float *y = output + row * width;
    double row_mean = bk_row_sum(x, width) / (double)width;
    double variance = bk_row_squared_deviation(x, width, row_mean) / (double)width;
    float center = (float)row_mean;
    float factor = (float)(1.0 / sqrt(variance + (double)epsilon));
    if (mean) mean[row] = center;
    if (reciprocal_std) reciprocal_std[row] = factor;
    bk_normalize_row(y, x, weight, bias, center, factor, width);
  }
}
BK_DISPATCH(void, bk_layer_norm,
            (float *output, float *mean, float *reciprocal_std, const float *input,
             const float *weight, const float *bias, size_t rows, size_t width, float epsilon),
            (output, mean, reciprocal_std, input, weight, bias, rows, width, epsilon))

BK_INLINE void bk_layer_norm_again_body(
    float *output, const float *input, const float *weight, const float *bias, const float *mean,
    const float *reciprocal_std, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++) {
    bk_normalize_row(output + row * width, input + row * width, weight, bias, mean[row],
                     reciprocal_std[row], width);
  }
}
BK_DISPATCH(void, bk_layer_norm_again,
            (float *output, const float *input, const float *weight, const float *bias,
             const float *mean, const float *reciprocal_std, size_t rows, size_t width),
            (output, input, weight, bias, mean, reciprocal_std, rows, width))

/// With g = output_gradient · weight and n the normalised input:
/// input_gradient += (g - mean(g) - n · mean(g · n)) · reciprocal_std.
BK_INLINE void bk_row_gradient_means(
    const float *gradient, const float *x, const float *weight, float center, float factor,
    size_t width, double *mean_gradient, double *mean_product) {
#pragma clang fp reassociate(on) contract(fast)
  double sum = 0;
  double product = 0;
  for (size_t j = 0; j < width; j++) {
    float g = gradient[j] * weight[j];
    float n = (x[j] - center) * factor;
    sum += (double)g;
    product += (double)g * (double)n;
  }
  *mean_gradient = sum / (double)width;
  *mean_product = product / (double)width;
}

BK_INLINE void bk_layer_norm_input_gradient_body(
    float *input_gradient, const float *output_gradient, const float *input, const float *weight,
    const float *mean, const float *reciprocal_std, size_t rows, size_t width) {
#pragma clang fp contract(fast)
  for (size_t row = 0; row < rows; row++) {
    const float *dy = output_gradient + row * width;
    const float *x = input + row * width;
    float *dx = input_gradient + row * width;
    float center = mean[row];
    float factor = reciprocal_std[row];
    double mean_gradient;
    double mean_product;
    bk_row_gradient_means(
        dy, x, weight, center, factor, width, &mean_gradient, &mean_product);
    float shift = (float)mean_gradient;
    float slope = (float)mean_product;
#pragma clang loop vectorize(assume_safety)
    for (size_t j = 0; j < width; j++) {
      float n = (x[j] - center) * factor;
      dx[j] += (dy[j] * weight[j] - shift - n * slope) * factor;
    }
  }
}
BK_DISPATCH(void, bk_layer_norm_input_gradient,
            (float *input_gradient, const float *output_gradient, const float *input,
             const float *weight, const float *mean, const float *reciprocal_std, size_t rows,
             size_t width),
            (input_gradient, output_gradient, input, weight, mean, reciprocal_std, rows, width))

BK_INLINE void bk_layer_norm_parameter_gradients_body(
    float *weight_gradient, float *bias_gradient, const float *output_gradient,
    const float *input, const float *mean, const float *reciprocal_std, size_t rows,
    size_t columns, size_t stride) {
#pragma clang fp contract(fast)
  for (size_t first = 0; first < columns; first += BK_COLUMN_BLOCK) {
    size_t width = columns - first < BK_COLUMN_BLOCK ? columns - first : BK_COLUMN_BLOCK;
    double weight_sums[BK_COLUMN_BLOCK] = {0};
    double bias_sums[BK_COLUMN_BLOCK] = {0};
    for (size_t row = 0; row < rows; row++) {
      const float *dy = output_gradient + row * stride + first;
      const float *x = input + row * stride + first;
      float center = mean[row];
      float factor = reciprocal_std[row];
      for (size_t j = 0; j < width; j++) {
        float n = (x[j] - center) * factor;
        weight_sums[j] += (double)(dy[j] * n);
        bias_sums[j] += (double)dy[j];
      }
    }
    if (weight_gradient) {
      for (size_t j = 0; j < width; j++) weight_gradient[first + j] += (float)weight_sums[j];
    }
    if (bias_gradient) {
      for (size_t j = 0; j < width; j++) bias_gradient[first + j] += (float)bias_sums[j];
    }
  }
}
BK_DISPATCH(void, bk_layer_norm_parameter_gradients,
            (float *weight_gradient, float *bias_gradient, const float *output_gradient,
             const float *input, const float *mean, const float *reciprocal_std, size_t rows,
             size_t columns, size_t stride),
            (weight_gradient, bias_gradient, output_gradient, input, mean, reciprocal_std, rows,
             columns, stride))
