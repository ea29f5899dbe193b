#include "bk_operations.h"
#include "vector_math.h"

/// Defines bk_NAME and bk_NAME_gradient from the scalar functions value_NAME and slope_NAME.
#define BK_ACTIVATION(name)                                                               \
  BK_INLINE void bk_##name##_body(float *output, const float *input, size_t count) {      \
    _Pragma("clang loop vectorize(assume_safety)")                                        \
    for (size_t i = 0; i < count; i++) output[i] = value_##name(input[i]);                \
  }                                                                                       \
  BK_DISPATCH(void, bk_##name, (float *output, const float *input, size_t count),         \
              (output, input, count))                                                     \
  BK_INLINE void bk_##name##_gradient_body(                                               \
      float *input_gradient, const float *output_gradient, const float *input,            \
      size_t count) {                                                                     \
    _Pragma("clang loop vectorize(assume_safety)")                                        \
    for (size_t i = 0; i < count; i++)                                                    \
      input_gradient[i] = output_gradient[i] * slope_##name(input[i]);                    \
  }                                                                                       \
  BK_DISPATCH(void, bk_##name##_gradient,                                                 \
              (float *input_gradient, const float *output_gradient, const float *input,   \
               size_t count),                                                             \
              (input_gradient, output_gradient, input, count))

// x · Φ(x), with Φ the standard normal distribution function.
BK_INLINE float value_gelu(float x) {
  float density;
  return x * bk_normal_cdf(x, &density);
}
BK_INLINE float slope_gelu(float x) {
#pragma clang fp contract(fast)
  float density;
  float cdf = bk_normal_cdf(x, &density);
  return cdf + x * density;
}
BK_ACTIVATION(gelu)

// GELU limited to [-10, 10].
BK_INLINE float value_gelu_clipped(float x) {
  float y = value_gelu(x);
  return y > 10.0f ? 10.0f : y;  // the lower limit is never reached: GELU >= -0.17
}
BK_INLINE float slope_gelu_clipped(float x) {
  return value_gelu(x) > 10.0f ? 0.0f : slope_gelu(x);
}
BK_ACTIVATION(gelu_clipped)

// 0.5 x (1 + tanh(u)) with u = √(2/π) (x + 0.044715 x³), which is x · sigmoid(2u): in that form
// nothing cancels for negative x.
BK_INLINE float value_gelu_tanh(float x) {
#pragma clang fp contract(fast)
  float complement;
  return x * bk_logistic(x * (1.59576912f + 0.0713548162f * x * x), &complement);
}
BK_INLINE float slope_gelu_tanh(float x) {
#pragma clang fp contract(fast)
  float square = x * x;
  float complement;
  float s = bk_logistic(x * (1.59576912f + 0.0713548162f * square), &complement);
  return s + x * s * complement * (1.59576912f + 0.214064449f * square);
}
BK_ACTIVATION(gelu_tanh)

// x · sigmoid(1.702 x).
BK_INLINE float value_gelu_quick(float x) {
  float complement;
  return x * bk_logistic(1.702f * x, &complement);
}
BK_INLINE float slope_gelu_quick(float x) {
#pragma clang fp contract(fast)
  float complement;
  float s = bk_logistic(1.702f * x, &complement);
  return s + 1.702f * x * s * complement;
}
BK_ACTIVATION(gelu_quick)

// x · min(max(x + 3, 0), 6) / 6.
BK_INLINE float value_hard_swish(float x) {
  float gate = x + 3.0f;
  gate = gate < 0.0f ? 0.0f : gate;
  gate = gate > 6.0f ? 6.0f : gate;
  return x * gate * (1.0f / 6.0f);
}
BK_INLINE float slope_hard_swish(float x) {
  float slope = x * (1.0f / 3.0f) + 0.5f;
  slope = x <= -3.0f ? 0.0f : slope;
  return x >= 3.0f ? 1.0f : slope;
}
BK_ACTIVATION(hard_swish)

// Φ((x - μ) / σ) with the constants of MEGA, μ = 0.707107 and σ = 0.282095.
BK_INLINE float value_laplace(float x) {
  float density;
  return bk_normal_cdf((x - 0.707107f) * (1.0f / 0.282095f), &density);
}
BK_INLINE float slope_laplace(float x) {
  float density;
  bk_normal_cdf((x - 0.707107f) * (1.0f / 0.282095f), &density);
  return density * (1.0f / 0.282095f);
}
BK_ACTIVATION(laplace)

// torch.nn.LeakyReLU's default slope.
BK_INLINE float value_leaky_relu(float x) { return x > 0.0f ? x : 0.01f * x; }
BK_INLINE float slope_leaky_relu(float x) { return x > 0.0f ? 1.0f : 0.01f; }
BK_ACTIVATION(leaky_relu)

BK_INLINE float value_linear(float x) { return x; }
BK_INLINE float slope_linear(float x) {
  (void)x;
  return 1.0f;
}
BK_ACTIVATION(linear)

BK_INLINE float value_relu(float x) { return x < 0.0f ? 0.0f : x; }
BK_INLINE float slope_relu(float x) { return x > 0.0f ? 1.0f : 0.0f; }
BK_ACTIVATION(relu)

BK_INLINE float value_relu_squared(float x) {
  float y = value_relu(x);
  return y * y;
}
BK_INLINE float slope_relu_squared(float x) { return 2.0f * value_relu(x); }
BK_ACTIVATION(relu_squared)

BK_INLINE float value_relu6(float x) {
  float y = value_relu(x);
  return y > 6.0f ? 6.0f : y;
}
BK_INLINE float slope_relu6(float x) { return x > 0.0f && x < 6.0f ? 1.0f : 0.0f; }
BK_ACTIVATION(relu6)

BK_INLINE float value_sigmoid(float x) {
  float complement;
  return bk_logistic(x, &complement);
}
BK_INLINE float slope_sigmoid(float x) {
  float complement;
  float s = bk_logistic(x, &complement);
  return s * complement;
}
BK_ACTIVATION(sigmoid)

BK_INLINE float value_silu(float x) {
  float complement;
  return x * bk_logistic(x, &complement);
}
BK_INLINE float slope_silu(float x) {
#pragma clang fp contract(fast)
  float complement;
  float s = bk_logistic(x, &complement);
  return s + x * s * complement;
}
BK_ACTIVATION(silu)

// x · tanh(softplus(x)); tanh(softplus(x)) is a quotient of polynomials in exp(-|x|) whose terms
// are all positive.
BK_INLINE float mish_gate(float x, float *complement) {
#pragma clang fp contract(fast)
  float e = bk_exp(-bk_absolute(x));
  float numerator = x < 0.0f ? e * (e + 2.0f) : 1.0f + 2.0f * e;
  float rest = x < 0.0f ? 2.0f : 2.0f * e * e;
  float factor = 1.0f / (numerator + rest);
  *complement = rest * factor;
  return numerator * factor;
}
BK_INLINE float value_mish(float x) {
  float complement;
  return x * mish_gate(x, &complement);
}
BK_INLINE float slope_mish(float x) {
#pragma clang fp contract(fast)
  float gate_complement;
  float gate = mish_gate(x, &gate_complement);
  float complement;
  return gate + x * gate_complement * (1.0f + gate) * bk_logistic(x, &complement);
}
BK_ACTIVATION(mish)

// √(log(1 + exp(x))).
BK_INLINE float value_sqrt_softplus(float x) {
  return __builtin_elementwise_sqrt(bk_softplus(x));
}
BK_INLINE float slope_sqrt_softplus(float x) {
  float complement;
  float root = value_sqrt_softplus(x);
  float slope = 0.5f * bk_logistic(x, &complement) / root;
  return root > 0.0f ? slope : root;  // 0 where both have underflowed; NaN stays NaN
}
BK_ACTIVATION(sqrt_softplus)

BK_INLINE float value_tanh(float x) {
  float complement;
  return bk_tanh_pair(x, &complement);
}
BK_INLINE float slope_tanh(float x) {
  float complement;
  float t = bk_tanh_pair(bk_absolute(x), &complement);
  return complement * (1.0f + t);
}
BK_ACTIVATION(tanh)
