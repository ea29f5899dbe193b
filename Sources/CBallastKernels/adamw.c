#include "bk_casts.h"
#include "bk_operations.h"
#include "dispatch.h"

/// Parameters that are rounded while they are near.
enum { BK_ADAMW_BLOCK = 1024 };

BK_INLINE void bk_adamw_block(
    float *parameters, const float *gradients, float *first_moments, float *second_moments,
    size_t count, bk_adamw_step s) {
#pragma clang fp contract(fast)
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    float g = gradients[i] * s.gradient_scale;
    float m = first_moments[i] + (g - first_moments[i]) * s.beta1_complement;
    float v = second_moments[i] * s.beta2 + g * g * s.beta2_complement;
    first_moments[i] = m;
    second_moments[i] = v;
    // Not sqrtf, which may set errno and so keeps the loop from being vectorised.
    float root = __builtin_elementwise_sqrt(v);
    float denominator = root / s.second_moment_correction + s.epsilon;
    parameters[i] = parameters[i] * s.decay - s.step_size * m / denominator;
  }
}

BK_INLINE void bk_adamw_body(
    float *parameters, const float *gradients, float *first_moments, float *second_moments,
    uint16_t *bfloat16, size_t count, const bk_adamw_step *step) {
  for (size_t first = 0; first < count; first += BK_ADAMW_BLOCK) {
    size_t length = count - first < BK_ADAMW_BLOCK ? count - first : BK_ADAMW_BLOCK;
    bk_adamw_block(parameters + first, gradients + first, first_moments + first,
                   second_moments + first, length, *step);
    if (bfloat16) bk_f32_to_bf16(bfloat16 + first, parameters + first, length);
  }
}
BK_DISPATCH(void, bk_adamw,
            (float *parameters, const float *gradients, float *first_moments,
             float *second_moments, uint16_t *bfloat16, size_t count, const bk_adamw_step *step),
            (parameters, gradients, first_moments, second_moments, bfloat16, count, step))
