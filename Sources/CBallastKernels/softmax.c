#include "bk_operations.h"
#include "row_math.h"

BK_INLINE size_t bk_seen(size_t visible, size_t row, size_t columns) {
  return visible + row < columns ? visible + row : columns;
}

BK_INLINE void bk_causal_softmax_body(
    float *scores, float *log_sum_exp, size_t rows, size_t columns, size_t stride,
    size_t visible) {
  for (size_t row = 0; row < rows; row++) {
    float *x = scores + row * stride;
    size_t seen = bk_seen(visible, row, columns);
    float largest = bk_maximum(x, seen);
    bk_exp_row(x, largest, seen);
    double sum = bk_sum(x, seen);
    float factor = (float)(1.0 / sum);
    for (size_t j = 0; j < seen; j++) x[j] *= factor;
    for (size_t j = seen; j < columns; j++) x[j] = 0;
    if (log_sum_exp) log_sum_exp[row] = (float)((double)largest + log(sum));
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
    size_t seen = bk_seen(visible, row, columns);
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
    size_t columns, size_t stride, size_t visible) {
  for (size_t row = 0; row < rows; row++) {
    float *restrict gradient = probability_gradient + row * stride;
    const float *restrict p = probabilities + row * stride;
    float dot = row_dots[row];
    size_t seen = bk_seen(visible, row, columns);
    for (size_t j = 0; j < seen; j++) gradient[j] = p[j] * (gradient[j] - dot);
    for (size_t j = seen; j < columns; j++) gradient[j] = 0;
  }
}
BK_DISPATCH(void, bk_softmax_gradient,
            (float *probability_gradient, const float *probabilities, const float *row_dots,
             size_t rows, size_t columns, size_t stride, size_t visible),
            (probability_gradient, probabilities, row_dots, rows, columns, stride, visible))
