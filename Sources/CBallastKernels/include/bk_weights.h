/// Products of a few rows with weights that are narrower than float32.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// As bk_linear_few_rows, with the weight in IEEE 754 binary16: widened in registers, summed in float32.
void bk_linear_few_rows_f16(
    float *output, const float *input, const uint16_t *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride);
/// The same with the upper halves of binary32.
void bk_linear_few_rows_bf16(
    float *output, const float *input, const uint16_t *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride);

// Q8_0 of ggml: blocks of 32 elements, a binary16 scale and a signed byte for each, at any address

/// Elements of a block, and the bytes that it takes.
enum { BK_Q8_ELEMENTS = 32, BK_Q8_BYTES = 34 };

/// The elements of whole blocks, scale · level.
void bk_q8_to_f32(float *output, const void *blocks, size_t block_count);
/// Rounds whole blocks of floats to levels of -127 to 127 and a scale each: the largest magnitude / 127.
///
/// The levels are the same on every machine. They are stored as 16 bits, as which products take them. A
/// block whose largest magnitude is below 2^-100 becomes 0; one with NaN or an infinity gets a scale that
/// is not finite.
void bk_q8_quantize(int16_t *levels, float *scales, const float *input, size_t block_count);
/// As bk_linear_few_rows for a weight of Q8_0 and rows of input that were quantised; a row is `blocks`
/// blocks. The products within a block are summed exactly.
void bk_q8_linear_few_rows(
    float *output, const int16_t *levels, const float *scales, const void *weight,
    const float *bias, size_t rows, size_t blocks, size_t outputs, size_t output_stride);
