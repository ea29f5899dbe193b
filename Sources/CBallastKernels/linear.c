#include "bk_operations.h"
#include "row_math.h"

// Rows of input that share one reading of a weight row: their sums fit in registers.
enum { BK_ROW_BLOCK = 4 };

// How far ahead of the products a weight is asked for: a thread's share of the memory's bandwidth
// times its latency, and some. The hardware's own prefetching ends at each page.
enum { BK_WEIGHT_AHEAD = 4096, BK_CACHE_LINE = 64 };

/// How the elements of a weight are stored.
typedef enum { BK_WEIGHT_F32, BK_WEIGHT_F16, BK_WEIGHT_BF16 } bk_weight_type;

typedef uint32_t bk_words __attribute__((vector_size(64)));
typedef uint16_t bk_narrow_words __attribute__((vector_size(32), aligned(2)));
typedef _Float16 bk_halves __attribute__((vector_size(32), aligned(2)));

BK_INLINE size_t bk_weight_bytes(bk_weight_type type) { return type == BK_WEIGHT_F32 ? 4 : 2; }

/// Sixteen elements of a weight as floats. `widens` tells whether the processor widens halves; where it
/// does not, the compiler would call a function for each of them.
BK_INLINE void bk_load_weight(bk_lanes *lanes, const char *weight, bk_weight_type type, int widens) {
  if (type == BK_WEIGHT_F32) {
    *lanes = *(const bk_lanes *)weight;
  } else if (type == BK_WEIGHT_F16 && widens) {
    *lanes = __builtin_convertvector(*(const bk_halves *)weight, bk_lanes);
  } else {
    bk_words words = __builtin_convertvector(*(const bk_narrow_words *)weight, bk_words);
    if (type == BK_WEIGHT_BF16) {
      *lanes = (bk_lanes)(words << 16);
    } else {  // as bk_half_to_float
      bk_words bits = (bk_words)((bk_lanes)((words & 0x7fff) << 13) * 0x1p112f);
      bits |= (bk_words)((words & 0x7c00) == 0x7c00) & 0x7f800000;
      *lanes = (bk_lanes)(bits | (words & 0x8000) << 16);
    }
  }
}

BK_INLINE float bk_weight_element(const char *weight, size_t index, bk_weight_type type) {
  if (type == BK_WEIGHT_F32) return ((const float *)(const void *)weight)[index];
  uint32_t word = ((const uint16_t *)(const void *)weight)[index];
  return type == BK_WEIGHT_F16 ? bk_half_to_float(word) : bk_float_from_bits(word << 16);
}

/// sums[r] += input · weight for sixteen elements of each row.
BK_INLINE void bk_add_products(
    bk_lanes *sums, const float *input, const char *weight, size_t rows, size_t inputs,
    bk_weight_type type, int widens) {
#pragma clang fp contract(fast)
  bk_lanes w;
  bk_load_weight(&w, weight, type, widens);
  for (size_t r = 0; r < rows; r++) sums[r] += w * *(const bk_lanes *)(input + r * inputs);
}

/// The dot products of `rows` <= BK_ROW_BLOCK input rows with one weight row. `rows`, `type` and `widens`
/// are constants where this is inlined. The order of additions is the same for every number of rows.
BK_INLINE void bk_dots(
    float *dots, const float *input, const char *weight, size_t rows, size_t inputs,
    bk_weight_type type, int widens) {
#pragma clang fp contract(fast)
  const size_t size = bk_weight_bytes(type);
  // An addition waits for the one before it: there are two sums that do not wait for each other.
  bk_lanes sums[2][BK_ROW_BLOCK] = {0};
  size_t i = 0;
  for (; i + 2 * BK_LANES <= inputs; i += 2 * BK_LANES) {
    for (size_t k = 0; k < 2; k++) {
      size_t j = i + k * BK_LANES;
      if (j * size % BK_CACHE_LINE == 0) __builtin_prefetch(weight + j * size + BK_WEIGHT_AHEAD);
      bk_add_products(sums[k], input + j, weight + j * size, rows, inputs, type, widens);
    }
  }
  if (i + BK_LANES <= inputs) {
    bk_add_products(sums[0], input + i, weight + i * size, rows, inputs, type, widens);
    i += BK_LANES;
  }
  for (size_t r = 0; r < rows; r++) {
    // Halves are folded onto each other, which the hardware does faster than a sum in order.
    float lanes[BK_LANES];
    bk_lanes sum = sums[0][r] + sums[1][r];
    memcpy(lanes, &sum, sizeof lanes);
    for (size_t half = BK_LANES / 2; half > 0; half /= 2) {
      for (size_t j = 0; j < half; j++) lanes[j] += lanes[j + half];
    }
    for (size_t j = i; j < inputs; j++) {
      lanes[0] += bk_weight_element(weight, j, type) * input[r * inputs + j];
    }
    dots[r] = lanes[0];
  }
}

BK_INLINE void bk_few_rows(
    float *output, const float *input, const void *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride, bk_weight_type type, int widens) {
  for (size_t o = 0; o < outputs; o++) {
    const char *row = (const char *)weight + o * inputs * bk_weight_bytes(type);
    for (size_t first = 0; first < rows; first += BK_ROW_BLOCK) {
      size_t count = rows - first < BK_ROW_BLOCK ? rows - first : BK_ROW_BLOCK;
      const float *block = input + first * inputs;
      float dots[BK_ROW_BLOCK];
      switch (count) {
        case 1: bk_dots(dots, block, row, 1, inputs, type, widens); break;
        case 2: bk_dots(dots, block, row, 2, inputs, type, widens); break;
        case 3: bk_dots(dots, block, row, 3, inputs, type, widens); break;
        default: bk_dots(dots, block, row, 4, inputs, type, widens);
      }
      for (size_t r = 0; r < count; r++) {
        output[(first + r) * output_stride + o] = dots[r] + (bias ? bias[o] : 0);
      }
    }
  }
}

#define BK_FEW_ROWS(name, element, type)                                                       \
  BK_INLINE void name##_body(                                                                  \
      int widens, float *output, const float *input, const element *weight, const float *bias, \
      size_t rows, size_t inputs, size_t outputs, size_t output_stride) {                      \
    bk_few_rows(output, input, weight, bias, rows, inputs, outputs, output_stride, type, widens); \
  }                                                                                            \
  BK_DISPATCH_HALVES(void, name,                                                               \
                     (float *output, const float *input, const element *weight,                \
                      const float *bias, size_t rows, size_t inputs, size_t outputs,           \
                      size_t output_stride),                                                   \
                     (output, input, weight, bias, rows, inputs, outputs, output_stride))

BK_FEW_ROWS(bk_linear_few_rows, float, BK_WEIGHT_F32)
BK_FEW_ROWS(bk_linear_few_rows_f16, uint16_t, BK_WEIGHT_F16)
BK_FEW_ROWS(bk_linear_few_rows_bf16, uint16_t, BK_WEIGHT_BF16)
