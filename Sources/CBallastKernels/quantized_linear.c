#include "bk_weights.h"
#include "row_math.h"

enum {
  // Rows of input that share one reading of a weight row.
  BK_ROW_BLOCK = 4,
  // How far ahead of the products a weight is asked for, as in linear.c.
  BK_WEIGHT_AHEAD = 4096,
};

typedef struct __attribute__((packed)) {
  uint16_t scale;  // binary16
  int8_t levels[BK_Q8_ELEMENTS];
} bk_q8_block;
_Static_assert(sizeof(bk_q8_block) == BK_Q8_BYTES, "blocks lie side by side");

typedef int8_t bk_bytes __attribute__((vector_size(32), aligned(1)));
typedef int16_t bk_shorts __attribute__((vector_size(64), aligned(2)));
typedef int32_t bk_products __attribute__((vector_size(128)));
typedef int32_t bk_pairs __attribute__((vector_size(64)));

BK_INLINE void bk_q8_to_f32_body(float *output, const void *blocks, size_t block_count) {
  const bk_q8_block *block = blocks;
  for (size_t b = 0; b < block_count; b++) {
    float scale = bk_half_to_float(block[b].scale);
    for (size_t i = 0; i < BK_Q8_ELEMENTS; i++) {
      output[b * BK_Q8_ELEMENTS + i] = scale * (float)block[b].levels[i];
    }
  }
}
BK_DISPATCH(void, bk_q8_to_f32, (float *output, const void *blocks, size_t block_count),
            (output, blocks, block_count))

BK_INLINE void bk_q8_quantize_body(
    int16_t *levels, float *scales, const float *input, size_t block_count) {
  // A fused multiplication would round other values to the next level.
#pragma clang fp contract(off)
  for (size_t b = 0; b < block_count; b++) {
    const float *values = input + b * BK_Q8_ELEMENTS;
    // Magnitudes compare as their bits do, and NaN is above all.
    int32_t most = 0;
    for (size_t i = 0; i < BK_Q8_ELEMENTS; i++) {
      int32_t bits = (int32_t)bk_bits_from_float(bk_absolute(values[i]));
      most = bits > most ? bits : most;
    }
    float largest = bk_float_from_bits((uint32_t)most);
    int is_zero = largest < 0x1p-100f;
    scales[b] = is_zero ? 0 : largest / 127;
    float factor = is_zero ? 0 : 127 / largest;
    // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits of the sum.
    const float rounder = 12582912.0f;
    for (size_t i = 0; i < BK_Q8_ELEMENTS; i++) {
      uint32_t bits = bk_bits_from_float(values[i] * factor + rounder);
      levels[b * BK_Q8_ELEMENTS + i] = (int16_t)(bits - bk_bits_from_float(rounder));
    }
  }
}
BK_DISPATCH(void, bk_q8_quantize,
            (int16_t *levels, float *scales, const float *input, size_t block_count),
            (levels, scales, input, block_count))

/// The products of two blocks, summed in sixteen pairs: what vpmaddwd and its likes compute.
BK_INLINE void bk_q8_products(bk_lanes *sums, const bk_shorts *weight, const int16_t *levels) {
  bk_products products = __builtin_convertvector(*weight, bk_products) *
                         __builtin_convertvector(*(const bk_shorts *)levels, bk_products);
  bk_pairs even = __builtin_shufflevector(
      products, products, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  bk_pairs odd = __builtin_shufflevector(
      products, products, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  *sums = __builtin_convertvector(even + odd, bk_lanes);
}

BK_INLINE float bk_q8_scale(const bk_q8_block *block, int widens) {
  if (!widens) return bk_half_to_float(block->scale);
  uint16_t bits = block->scale;
  _Float16 scale;
  memcpy(&scale, &bits, sizeof scale);
  return (float)scale;
}

/// sums[r] += the products of one block of each row with one of a weight row.
BK_INLINE void bk_q8_add_products(
    bk_lanes *sums, const int16_t *levels, const float *scales, const bk_q8_block *weight,
    size_t rows, size_t blocks, int widens) {
#pragma clang fp contract(fast)
  __builtin_prefetch((const char *)weight + BK_WEIGHT_AHEAD);
  float scale = bk_q8_scale(weight, widens);
  bk_shorts w = __builtin_convertvector(*(const bk_bytes *)weight->levels, bk_shorts);
  for (size_t r = 0; r < rows; r++) {
    bk_lanes products;
    bk_q8_products(&products, &w, levels + r * blocks * BK_Q8_ELEMENTS);
    sums[r] += scale * scales[r * blocks] * products;
  }
}

/// The dot products of `rows` <= BK_ROW_BLOCK quantised rows with one weight row. `rows` and `widens` are
/// constants where this is inlined. The order of additions is the same for every number of rows.
BK_INLINE void bk_q8_dots(
    float *dots, const int16_t *levels, const float *scales, const bk_q8_block *weight,
    size_t rows, size_t blocks, int widens) {
  // An addition waits for the one before it: there are two sums that do not wait for each other.
  bk_lanes sums[2][BK_ROW_BLOCK] = {0};
  size_t b = 0;
  for (; b + 2 <= blocks; b += 2) {
    for (size_t k = 0; k < 2; k++) {
      bk_q8_add_products(sums[k], levels + (b + k) * BK_Q8_ELEMENTS, scales + b + k, weight + b + k,
                         rows, blocks, widens);
    }
  }
  if (b < blocks) {
    bk_q8_add_products(
        sums[0], levels + b * BK_Q8_ELEMENTS, scales + b, weight + b, rows, blocks, widens);
  }
  for (size_t r = 0; r < rows; r++) {
    bk_lanes sum = sums[0][r] + sums[1][r];
    float lanes[BK_LANES];
    memcpy(lanes, &sum, sizeof lanes);
    for (size_t half = BK_LANES / 2; half > 0; half /= 2) {
      for (size_t j = 0; j < half; j++) lanes[j] += lanes[j + half];
    }
    dots[r] = lanes[0];
  }
}

BK_INLINE void bk_q8_linear_few_rows_body(
    int widens, float *output, const int16_t *levels, const float *scales, const void *weight,
    const float *bias, size_t rows, size_t blocks, size_t outputs, size_t output_stride) {
  for (size_t o = 0; o < outputs; o++) {
    const bk_q8_block *row = (const bk_q8_block *)weight + o * blocks;
    for (size_t first = 0; first < rows; first += BK_ROW_BLOCK) {
      size_t count = rows - first < BK_ROW_BLOCK ? rows - first : BK_ROW_BLOCK;
      const int16_t *l = levels + first * blocks * BK_Q8_ELEMENTS;
      const float *s = scales + first * blocks;
      float dots[BK_ROW_BLOCK];
      switch (count) {
        case 1: bk_q8_dots(dots, l, s, row, 1, blocks, widens); break;
        case 2: bk_q8_dots(dots, l, s, row, 2, blocks, widens); break;
        case 3: bk_q8_dots(dots, l, s, row, 3, blocks, widens); break;
        default: bk_q8_dots(dots, l, s, row, 4, blocks, widens);
      }
      for (size_t r = 0; r < count; r++) {
        output[(first + r) * output_stride + o] = dots[r] + (bias ? bias[o] : 0);
      }
    }
  }
}
BK_DISPATCH_HALVES(void, bk_q8_linear_few_rows,
                   (float *output, const int16_t *levels, const float *scales, const void *weight,
                    const float *bias, size_t rows, size_t blocks, size_t outputs,
                    size_t output_stride),
                   (output, levels, scales, weight, bias, rows, blocks, outputs, output_stride))
