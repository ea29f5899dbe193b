#include "bk_casts.h"
#include "bk_operations.h"
#include "dispatch.h"

/// Parameters that are rounded while they are near.
enum { BK_SGD_BLOCK = 1024 };

BK_INLINE void bk_sgd_block(
    float *parameters, const float *gradients, float *velocities, size_t count, bk_sgd_step s) {
#pragma clang fp contract(fast)
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float g = gradients[i] * s.gradient_scale + s.weight_decay * parameters[i];
    float v = velocities[i] * s.momentum + g;
    velocities[i] = v;
    parameters[i] -= s.learning_rate * v;
  }
}

BK_INLINE void bk_sgd_body(
    float *parameters, const float *gradients, float *velocities, uint16_t *bfloat16,
    size_t count, const bk_sgd_step *step) {
  for (size_t first = 0; first < count; first += BK_SGD_BLOCK) {
    size_t length = count - first < BK_SGD_BLOCK ? count - first : BK_SGD_BLOCK;
    bk_sgd_block(parameters + first, gradients + first, velocities + first, length, *step);
    if (bfloat16) bk_f32_to_bf16(bfloat16 + first, parameters + first, length);
  }
}
BK_DISPATCH(void, bk_sgd,
            (float *parameters, const float *gradients, float *velocities, uint16_t *bfloat16,
             size_t count, const bk_sgd_step *step),
            (parameters, gradients, velocities, bfloat16, count, step))
