/// Casts between the element types of checkpoints.
///
/// Inputs and outputs may lie at any address. Casts to fewer bits round to nearest, ties to even,
/// as torch does: too large becomes infinite, or the largest number where there are no infinities,
/// and NaN stays NaN.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// IEEE 754 binary16.
void bk_f16_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_f16(void *output, const float *input, size_t count);
/// The upper half of a binary32.
void bk_bf16_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_bf16(void *output, const float *input, size_t count);
/// E4M3FN of OCP's 8-bit floating point: bias 7, no infinities, NaN is 0x7f and 0xff.
void bk_f8e4m3_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_f8e4m3(void *output, const float *input, size_t count);
/// E5M2 of OCP's 8-bit floating point: the upper half of a binary16.
void bk_f8e5m2_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_f8e5m2(void *output, const float *input, size_t count);
/// IEEE 754 binary64.
void bk_f64_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_f64(double *output, const void *input, size_t count);
