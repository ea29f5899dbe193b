#include "bk_operations.h"
#include "dispatch.h"
#include "vector_math.h"

BK_INLINE float bk_maximum(const float *values, size_t count) {
#pragma clang fp reassociate(on)
  float largest = values[0];
  for (size_t j = 1; j < count; j++) largest = values[j] > largest ? values[j] : largest;
  return largest;
}

/// values[j] = exp(values[j] - shift)
BK_INLINE void bk_exp_row(float *values, float shift, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t j = 0; j < count; j++) values[j] = bk_exp(values[j] - shift);
}

BK_INLINE double bk_sum(const float *values, size_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (size_t j = 0; j < count; j++) sum += (double)values[j];
  return sum;
}

BK_INLINE void bk_causal_softmax_body(
    float *scores, float *log_sum_exp, size_t rows, size_t columns, size_t stride,
    size_t visible) {
  for (size_t row = 0; row < rows; row++) {
    float *x = scores + row * stride;
    size_t seen = visible + row < columns ? visible + row : columns;
    float largest = bk_maximum(x, seen);
    bk_exp_row(x, largest, seen);
    double sum = bk_sum(x, seen);
    float factor = (float)(1.0 / sum);
    for (size_t j = 0; j < seen; j++) x[j] *= factor;
    for (size_t j = seen; j < columns; j++) x[j] = 0;
    if (log_sum_exp) log_sum_exp[row] = largest + (float)log(sum);
  }
}
BK_DISPATCH(void, bk_causal_softmax,
            (float *scores, float *log_sum_exp, size_t rows, size_t columns, size_t stride,
             size_t visible),
            (scores, log_sum_exp, rows, columns, stride, visible))

BK_INLINE void bk_causal_probabilities_body(
    float *scores, const float *log_sum_exp, size_t rows, size_t columns, size_t stride,
    size_t visible) {
  for (size_t row = 0; row < rows; row++) {
    float *x = scores + row * stride;
    size_t seen = visible + row < columns ? visible + row : columns;
    bk_exp_row(x, log_sum_exp[row], seen);
    for (size_t j = seen; j < columns; j++) x[j] = 0;
  }
}
BK_DISPATCH(void, bk_causal_probabilities,
            (float *scores, const float *log_sum_exp, size_t rows, size_t columns, size_t stride,
             size_t visible),
            (scores, log_sum_exp, rows, columns, stride, visible))

BK_INLINE void bk_softmax_gradient_body(
    float *probability_gradient, const float *probabilities, const float *row_dots, size_t rows,
    size_t columns, size_t stride) {
  for (size_t row = 0; row < rows; row++) {
    float *restrict gradient = probability_gradient + row * stride;
    const float *restrict p = probabilities + row * stride;
    float dot = row_dots[row];
    for (size_t j = 0; j < columns; j++) gradient[j] = p[j] * (gradient[j] - dot);
  }
}
BK_DISPATCH(void, bk_softmax_gradient,
            (float *probability_gradient, const float *probabilities, const float *row_dots,
             size_t rows, size_t columns, size_t stride),
            (probability_gradient, probabilities, row_dots, rows, columns, stride))

BK_INLINE float bk_dot(const float *left, const float *right, size_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float sum = 0;
  for (size_t j = 0; j < count; j++) sum += left[j] * right[j];
  return sum;
}

BK_INLINE void bk_attention_scores_body(
    float *scores, const float *query, const float *keys, size_t key_stride, size_t key_count,
    size_t head_size, float scale) {
  for (size_t j = 0; j < key_count; j++) {
    scores[j] = scale * bk_dot(query, keys + j * key_stride, head_size);
  }
}
BK_DISPATCH(void, bk_attention_scores,
            (float *scores, const float *query, const float *keys, size_t key_stride,
             size_t key_count, size_t head_size, float scale),
            (scores, query, keys, key_stride, key_count, head_size, scale))

BK_INLINE void bk_attention_mix_body(
    float *output, const float *probabilities, const float *values, size_t value_stride,
    size_t key_count, size_t head_size) {
#pragma clang fp contract(fast)
  for (size_t c = 0; c < head_size; c++) output[c] = 0;
  for (size_t j = 0; j < key_count; j++) {
    const float *restrict value = values + j * value_stride;
    float p = probabilities[j];
    for (size_t c = 0; c < head_size; c++) output[c] += p * value[c];
  }
}
BK_DISPATCH(void, bk_attention_mix,
            (float *output, const float *probabilities, const float *values, size_t value_stride,
             size_t key_count, size_t head_size),
            (output, probabilities, values, value_stride, key_count, head_size))

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

/// log Σ exp(logits), and the largest logit.
BK_INLINE double bk_log_sum_exp(const float *logits, size_t classes, float *largest) {
#pragma clang fp reassociate(on)
  float top = bk_maximum(logits, classes);
  double sum = 0;
#pragma clang loop vectorize(assume_safety)
  for (size_t j = 0; j < classes; j++) sum += (double)bk_exp(logits[j] - top);
  *largest = top;
  return (double)top + log(sum);
}

BK_INLINE double bk_cross_entropy_body(const float *logits, size_t classes, size_t target) {
  float largest;
  return bk_log_sum_exp(logits, classes, &largest) - (double)logits[target];
}
BK_DISPATCH(double, bk_cross_entropy, (const float *logits, size_t classes, size_t target),
            (logits, classes, target))

BK_INLINE double bk_cross_entropy_gradient_body(
    float *logits, size_t classes, size_t target, float scale) {
  float largest = bk_maximum(logits, classes);
  double loss = -((double)logits[target] - (double)largest);
  bk_exp_row(logits, largest, classes);
  double sum = bk_sum(logits, classes);
  float factor = (float)((double)scale / sum);
  for (size_t j = 0; j < classes; j++) logits[j] *= factor;
  logits[target] -= scale;
  return loss + log(sum);
}
BK_DISPATCH(double, bk_cross_entropy_gradient,
            (float *logits, size_t classes, size_t target, float scale),
            (logits, classes, target, scale))
