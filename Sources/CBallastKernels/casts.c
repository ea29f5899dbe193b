#include "bk_casts.h"
#include "vector_math.h"

// Checkpoints promise no alignment: elements are loaded and stored as packed types.
typedef struct __attribute__((packed)) { uint16_t value; } bk_unaligned_u16;
typedef struct __attribute__((packed)) { double value; } bk_unaligned_f64;
typedef struct __attribute__((packed)) { float value; } bk_unaligned_f32;

/// Rounds to nearest, ties to even; too large becomes infinite, NaN stays a (quiet) NaN.
BK_INLINE uint16_t bk_float_to_half(float value) {
  uint32_t bits = bk_bits_from_float(value);
  uint32_t sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  // Subnormal halves: adding 0.5 puts the half's last place at the float's last place.
  uint32_t subnormal = bk_bits_from_float(bk_float_from_bits(magnitude) + 0.5f) - 0x3f000000;
  uint32_t normal = (magnitude + 0xfff + ((magnitude >> 13) & 1) - (112u << 23)) >> 13;
  normal = normal > 0x7c00 ? 0x7c00 : normal;
  uint32_t half = magnitude < (113u << 23) ? subnormal : normal;
  half = magnitude >= (143u << 23) ? 0x7c00 : half;
  half = magnitude > 0x7f800000 ? 0x7e00 : half;
  return (uint16_t)(half | sign);
}

/// Rounds to nearest, ties to even; NaN stays a (quiet) NaN.
BK_INLINE uint16_t bk_float_to_bfloat(float value) {
  uint32_t bits = bk_bits_from_float(value);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}

BK_INLINE void bk_f16_to_f32_body(float *output, const void *input, size_t count) {
  const bk_unaligned_u16 *values = input;
  for (size_t i = 0; i < count; i++) output[i] = bk_half_to_float(values[i].value);
}
BK_DISPATCH(void, bk_f16_to_f32, (float *output, const void *input, size_t count),
            (output, input, count))

BK_INLINE void bk_bf16_to_f32_body(float *output, const void *input, size_t count) {
  const bk_unaligned_u16 *values = input;
  for (size_t i = 0; i < count; i++) output[i] = bk_float_from_bits((uint32_t)values[i].value << 16);
}
BK_DISPATCH(void, bk_bf16_to_f32, (float *output, const void *input, size_t count),
            (output, input, count))

BK_INLINE void bk_f64_to_f32_body(float *output, const void *input, size_t count) {
  const bk_unaligned_f64 *values = input;
  for (size_t i = 0; i < count; i++) output[i] = (float)values[i].value;
}
BK_DISPATCH(void, bk_f64_to_f32, (float *output, const void *input, size_t count),
            (output, input, count))

BK_INLINE void bk_f32_to_f64_body(double *output, const void *input, size_t count) {
  const bk_unaligned_f32 *values = input;
  bk_unaligned_f64 *results = (void *)output;
  for (size_t i = 0; i < count; i++) results[i].value = (double)values[i].value;
}
BK_DISPATCH(void, bk_f32_to_f64, (double *output, const void *input, size_t count),
            (output, input, count))

BK_INLINE void bk_f32_to_f16_body(void *output, const float *input, size_t count) {
  bk_unaligned_u16 *results = output;
  for (size_t i = 0; i < count; i++) results[i].value = bk_float_to_half(input[i]);
}
BK_DISPATCH(void, bk_f32_to_f16, (void *output, const float *input, size_t count),
            (output, input, count))

BK_INLINE void bk_f32_to_bf16_body(void *output, const float *input, size_t count) {
  bk_unaligned_u16 *results = output;
  for (size_t i = 0; i < count; i++) results[i].value = bk_float_to_bfloat(input[i]);
}
BK_DISPATCH(void, bk_f32_to_bf16, (void *output, const float *input, size_t count),
            (output, input, count))

/// E4M3FN: bias 7, no infinities, 0x7f is NaN. As a half's bits it is off by a factor of 2^8.
BK_INLINE float bk_e4m3_to_float(uint32_t byte) {
  float value = bk_half_to_float((byte & 0x80) << 8 | (byte & 0x7f) << 7) * 256.0f;
  return (byte & 0x7f) == 0x7f ? bk_float_from_bits(0x7fc00000 | (byte & 0x80) << 24) : value;
}

BK_INLINE void bk_f8e4m3_to_f32_body(float *output, const void *input, size_t count) {
  const uint8_t *values = input;
  for (size_t i = 0; i < count; i++) output[i] = bk_e4m3_to_float(values[i]);
}
BK_DISPATCH(void, bk_f8e4m3_to_f32, (float *output, const void *input, size_t count),
            (output, input, count))

/// E5M2 is the upper byte of a half.
BK_INLINE void bk_f8e5m2_to_f32_body(float *output, const void *input, size_t count) {
  const uint8_t *values = input;
  for (size_t i = 0; i < count; i++) output[i] = bk_half_to_float((uint32_t)values[i] << 8);
}
BK_DISPATCH(void, bk_f8e5m2_to_f32, (float *output, const void *input, size_t count),
            (output, input, count))

/// Rounds to nearest, ties to even; what is too large, infinity too, becomes 448: there are no
/// infinities. NaN stays a NaN.
BK_INLINE uint8_t bk_float_to_e4m3(float value) {
  uint32_t bits = bk_bits_from_float(value);
  uint32_t sign = (bits >> 24) & 0x80;
  uint32_t magnitude = bits & 0x7fffffff;
  // Subnormals: adding 2^14 puts the byte's last place, 2^-9, at the float's last place.
  uint32_t subnormal = bk_bits_from_float(bk_float_from_bits(magnitude) + 0x1p14f) - (141u << 23);
  uint32_t normal = (magnitude + 0x7ffff + ((magnitude >> 20) & 1) - (120u << 23)) >> 20;
  normal = magnitude >= 0x43e00000 ? 0x7e : normal;  // 448 and more
  uint32_t byte = magnitude < (121u << 23) ? subnormal : normal;
  byte = magnitude > 0x7f800000 ? 0x7f : byte;
  return (uint8_t)(byte | sign);
}

BK_INLINE void bk_f32_to_f8e4m3_body(void *output, const float *input, size_t count) {
  uint8_t *results = output;
  for (size_t i = 0; i < count; i++) results[i] = bk_float_to_e4m3(input[i]);
}
BK_DISPATCH(void, bk_f32_to_f8e4m3, (void *output, const float *input, size_t count),
            (output, input, count))

/// Rounds to nearest, ties to even; too large becomes infinite, NaN stays a NaN.
BK_INLINE uint8_t bk_float_to_e5m2(float value) {
  uint32_t bits = bk_bits_from_float(value);
  uint32_t sign = (bits >> 24) & 0x80;
  uint32_t magnitude = bits & 0x7fffffff;
  // Subnormals: adding 2^7 puts the byte's last place, 2^-16, at the float's last place.
  uint32_t subnormal = bk_bits_from_float(bk_float_from_bits(magnitude) + 0x1p7f) - (134u << 23);
  uint32_t normal = (magnitude + 0xfffff + ((magnitude >> 21) & 1) - (112u << 23)) >> 21;
  normal = magnitude >= (143u << 23) ? 0x7c : normal;
  uint32_t byte = magnitude < (113u << 23) ? subnormal : normal;
  byte = magnitude > 0x7f800000 ? 0x7f : byte;
  return (uint8_t)(byte | sign);
}

BK_INLINE void bk_f32_to_f8e5m2_body(void *output, const float *input, size_t count) {
  uint8_t *results = output;
  for (size_t i = 0; i < count; i++) results[i] = bk_float_to_e5m2(input[i]);
}
BK_DISPATCH(void, bk_f32_to_f8e5m2, (void *output, const float *input, size_t count),
            (output, input, count))
