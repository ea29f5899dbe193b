#pragma once

#include "dispatch.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Branch-free functions that vectorise when inlined into a loop. None may be compiled under
// reassociation: the range reduction below depends on the order of its operations.

BK_INLINE float bk_float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

BK_INLINE uint32_t bk_bits_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

BK_INLINE float bk_absolute(float value) {
  return bk_float_from_bits(bk_bits_from_float(value) & 0x7fffffff);
}

/// The value of a half: multiplying by 2^112 moves its exponent to a float's place, subnormals too.
BK_INLINE float bk_half_to_float(uint32_t half) {
  float magnitude = bk_float_from_bits((half & 0x7fff) << 13) * 0x1p112f;
  uint32_t bits = bk_bits_from_float(magnitude);
  // What was infinite or NaN has come out as 2^16 or more: its exponent becomes all ones.
  bits = (half & 0x7c00) == 0x7c00 ? bits | 0x7f800000 : bits;
  return bk_float_from_bits(bits | (half & 0x8000) << 16);
}

/// The natural exponential to about one ulp. Results below 1.2e-38 become 0, and arguments above
/// 88.37 give 2.4e38, so that quotients formed from a result stay finite; NaN stays NaN.
BK_INLINE float bk_exp(float x) {
#pragma clang fp contract(fast)
  const float lowest = -87.33654f;
  const float highest = 88.37f;
  float clamped = x > highest ? highest : x;
  clamped = clamped < lowest ? lowest : clamped;
  // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits of the sum.
  const float rounder = 12582912.0f;
  float shifted = clamped * 1.44269504f + rounder;
  float n = shifted - rounder;
  // ln 2 in two parts: the first has few enough bits that its product with n is exact.
  float r = clamped - n * 0.693145752f;
  r = r - n * 1.42860677e-6f;
  // exp(r) = 1 + r + r² p(r) on |r| <= ln 2 / 2, minimax, relative error 3e-9.
  float p = 1.3950492e-3f;
  p = p * r + 8.36889e-3f;
  p = p * r + 4.1666206e-2f;
  p = p * r + 1.6666518e-1f;
  p = p * r + 0.5f;
  float mantissa = (p * r) * r + r + 1.0f;
  uint32_t scale = (bk_bits_from_float(shifted) << 23) + 0x3f800000u;
  float result = mantissa * bk_float_from_bits(scale);
  return x < lowest ? 0.0f : result;
}

/// The upper tail of the standard normal distribution at `a` >= 0, and its density there.
///
/// tail(a) = exp(-a²/2) · P(y) / (a + 4) with y = (a - 4) / (a + 4): the scaled Mills ratio is so
/// smooth in y that a polynomial of degree 9 is within 1e-8 of it, relative, on the whole axis.
BK_INLINE float bk_normal_tail(float a, float *density) {
#pragma clang fp contract(fast)
  a = a > 100.0f ? 100.0f : a;  // the tail is zero well before; infinity would give 0 · ∞
  float w = 1.0f / (a + 4.0f);
  float y = (a - 4.0f) * w;
  float p = -1.3807096e-4f;
  p = p * y + 1.6673825e-4f;
  p = p * y + 1.5663429e-3f;
  p = p * y - 3.5058453e-3f;
  p = p * y - 7.5219558e-3f;
  p = p * y + 6.040276e-2f;
  p = p * y - 1.8652403e-1f;
  p = p * y + 3.8713697e-1f;
  p = p * y - 6.0789657e-1f;
  p = p * y + 7.5528514e-1f;
  float e = bk_exp(-0.5f * a * a);
  *density = e * 0.398942280f;
  return e * p * w;
}

/// The standard normal distribution function at `x`, and its density there.
BK_INLINE float bk_normal_cdf(float x, float *density) {
  float tail = bk_normal_tail(x < 0.0f ? -x : x, density);
  return x < 0.0f ? tail : 1.0f - tail;
}

/// The logistic function of `x`; `*complement` becomes 1 minus it, without cancellation.
BK_INLINE float bk_logistic(float x, float *complement) {
  float e = bk_exp(-x);
  float s = 1.0f / (1.0f + e);
  *complement = e * s;
  return s;
}

/// The hyperbolic tangent of `x`; for x >= 0 `*complement` becomes 1 minus it, without
/// cancellation where it is small.
BK_INLINE float bk_tanh_pair(float x, float *complement) {
#pragma clang fp contract(fast)
  float a = bk_absolute(x);
  // tanh(x) = x p(x²) on |x| <= 5/8, minimax, relative error 1.1e-8.
  float square = x * x;
  float p = -5.659989e-3f;
  p = p * square + 2.0590989e-2f;
  p = p * square - 5.3721067e-2f;
  p = p * square + 1.3331127e-1f;
  p = p * square - 3.333326e-1f;
  float near = (p * square) * x + x;
  float e = bk_exp(-2.0f * a);
  float rest = 2.0f * e / (1.0f + e);
  float far = x < 0.0f ? rest - 1.0f : 1.0f - rest;
  *complement = a < 0.625f ? 1.0f - near : rest;
  return a < 0.625f ? near : far;
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
BK_INLINE float bk_softplus(float x) {
#pragma clang fp contract(fast)
  float e = bk_exp(-bk_absolute(x));
  // log(1 + e) = 2 artanh(s) with s = e / (2 + e) in 0 ... 1/3: s p(s²), relative error 8e-9.
  float s = e / (2.0f + e);
  float square = s * s;
  float p = 2.8178334e-1f;
  p = p * square + 2.79606e-1f;
  p = p * square + 4.002491e-1f;
  p = p * square + 6.6666317e-1f;
  p = p * square + 2.0f;
  return (x < 0.0f ? 0.0f : x) + s * p;
}
