#pragma once
#include <stddef.h>
#include <stdint.h>
void bk_f16_to_f32(float *output, const void *input, size_t count);
void bk_bf16_to_f32(float *output, const void *input, size_t count);
void bk_f8e4m3_to_f32(float *output, const void *input, size_t count);
void bk_f8e5m2_to_f32(float *output, const void *input, size_t count);
void bk_f64_to_f32(float *output, const void *input, size_t count);
void bk_f32_to_f64(double *output, const void *input, size_t count);
void bk_f32_to_f16(void *output, const float *input, size_t count);
void bk_f32_to_bf16(void *output, const float *input, size_t count);
