#include "bk_operations.h"
#include "row_math.h"

enum { BK_EXP_BLOCK = 512 };

/// Σ exp(logits - shift): in blocks, since a loop of floats that adds doubles vectorises badly.
BK_INLINE double bk_sum_of_exp(const float *logits, float shift, size_t classes) {
  float block[BK_EXP_BLOCK];
  double sum = 0;
  for (size_t first = 0; first < classes; first += BK_EXP_BLOCK) {
    size_t count = classes - first < BK_EXP_BLOCK ? classes - first : BK_EXP_BLOCK;
    for (size_t j = 0; j < count; j++) block[j] = bk_exp(logits[first + j] - shift);
    sum += bk_sum(block, count);
  }
  return sum;
}

BK_INLINE double bk_cross_entropy_body(const float *logits, size_t classes, size_t target) {
  float largest = bk_maximum(logits, classes);
  double sum = bk_sum_of_exp(logits, largest, classes);
  return log(sum) + ((double)largest - (double)logits[target]);
}
BK_DISPATCH(double, bk_cross_entropy, (const float *logits, size_t classes, size_t target),
            (logits, classes, target))

BK_INLINE double bk_cross_entropy_gradient_body(
    float *logits, size_t classes, size_t target, float scale) {
  float largest = bk_maximum(logits, classes);
  double margin = (double)largest - (double)logits[target];
  bk_exp_row(logits, largest, classes);
  double sum = bk_sum(logits, classes);
  float factor = (float)((double)scale / sum);
  for (size_t j = 0; j < classes; j++) logits[j] *= factor;
  logits[target] -= scale;
  return log(sum) + margin;
}
BK_DISPATCH(double, bk_cross_entropy_gradient,
            (float *logits, size_t classes, size_t target, float scale),
            (logits, classes, target, scale))
