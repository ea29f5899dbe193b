#include "bk_operations.h"
#include "row_math.h"

// Blocks of queries of one head. The products of an attention are too narrow for a general matrix product,
// which would pack every factor anew for every block: here keys are packed once for a head, and all other
// factors are read as they lie. Tiles of the result stay in registers: 8 rows of 32 columns, or 6 of 64,
// where there are 32 registers of 16 floats; 4 rows of 16 where there are 16 registers of 8.

enum { BK_PANEL = BK_ATTENTION_PANEL };

static inline size_t bk_least(size_t a, size_t b) { return a < b ? a : b; }

void bk_attention_pack(
    float *panels, const float *rows, size_t row_stride, size_t count, size_t width) {
  for (size_t first = 0; first < count; first += BK_PANEL, panels += BK_PANEL * width) {
    size_t present = bk_least(BK_PANEL, count - first);
    for (size_t j = 0; j < BK_PANEL; j++) {
      const float *row = rows + (first + j) * row_stride;
      for (size_t k = 0; k < width; k++) panels[k * BK_PANEL + j] = j < present ? row[k] : 0;
    }
  }
}

/// `rows` of left against `vectors` times 16 columns of a panel; both are constants where this is inlined.
BK_INLINE void bk_score_tile(
    float *output, size_t output_stride, const float *left, size_t left_stride, const float *panel,
    size_t inner, float scale, size_t rows, size_t vectors) {
#pragma clang fp contract(fast)
  bk_lanes sums[8][2] = {0};
  for (size_t k = 0; k < inner; k++) {
    for (size_t v = 0; v < vectors; v++) {
      bk_lanes column = *(const bk_lanes *)(panel + k * BK_PANEL + v * BK_LANES);
      for (size_t r = 0; r < rows; r++) sums[r][v] += left[r * left_stride + k] * column;
    }
  }
  for (size_t r = 0; r < rows; r++) {
    for (size_t v = 0; v < vectors; v++) {
      *(bk_lanes *)(output + r * output_stride + v * BK_LANES) = scale * sums[r][v];
    }
  }
}

BK_INLINE void bk_score_rows(
    float *output, size_t output_stride, const float *left, size_t left_stride,
    const float *panels, size_t inner, size_t columns, float scale, size_t rows, size_t vectors) {
  for (size_t first = 0; first < columns; first += vectors * BK_LANES) {
    const float *panel = panels + first / BK_PANEL * BK_PANEL * inner + first % BK_PANEL;
    bk_score_tile(
        output + first, output_stride, left, left_stride, panel, inner, scale, rows, vectors);
  }
}

BK_INLINE void bk_attention_block_scores_body(
    float *output, size_t output_stride, const float *left, size_t left_stride,
    const float *panels, size_t rows, size_t inner, size_t columns, size_t visible, float scale) {
  int is_wide = bk_level() == BK_LEVEL_V4;
  size_t group = is_wide ? 8 : 4;
  size_t first = 0;
  for (; first + group <= rows; first += group) {
    float *tile = output + first * output_stride;
    const float *block = left + first * left_stride;
    size_t seen = bk_least(columns, visible + first + group - 1);
    if (is_wide) {
      bk_score_rows(tile, output_stride, block, left_stride, panels, inner, seen, scale, 8, 2);
    } else {
      bk_score_rows(tile, output_stride, block, left_stride, panels, inner, seen, scale, 4, 1);
    }
  }
  for (; first < rows; first++) {
    bk_score_rows(
        output + first * output_stride, output_stride, left + first * left_stride, left_stride,
        panels, inner, bk_least(columns, visible + first), scale, 1, 2);
  }
}
BK_DISPATCH(void, bk_attention_block_scores,
            (float *output, size_t output_stride, const float *left, size_t left_stride,
             const float *panels, size_t rows, size_t inner, size_t columns, size_t visible,
             float scale),
            (output, output_stride, left, left_stride, panels, rows, inner, columns, visible, scale))

/// `rows` sums of value rows, `vectors` times 16 columns of them, weighted by
/// weights[r · row_stride + k · inner_stride]; rows and vectors are constants where this is inlined.
BK_INLINE void bk_mix_tile(
    float *output, size_t output_stride, const float *weights, size_t row_stride,
    size_t inner_stride, const float *values, size_t value_stride, size_t inner, float scale,
    int accumulates, size_t rows, size_t vectors) {
#pragma clang fp contract(fast)
  bk_lanes sums[6][4] = {0};
  for (size_t k = 0; k < inner; k++) {
    const float *value = values + k * value_stride;
    const float *weight = weights + k * inner_stride;
    for (size_t r = 0; r < rows; r++) {
      for (size_t v = 0; v < vectors; v++) {
        sums[r][v] += weight[r * row_stride] * *(const bk_lanes *)(value + v * BK_LANES);
      }
    }
  }
  for (size_t r = 0; r < rows; r++) {
    for (size_t v = 0; v < vectors; v++) {
      bk_lanes *place = (bk_lanes *)(output + r * output_stride + v * BK_LANES);
      *place = accumulates ? *place + scale * sums[r][v] : scale * sums[r][v];
    }
  }
}

/// All columns of `rows` rows; those that do not fill 16 lanes come one by one.
BK_INLINE void bk_mix_rows(
    float *output, size_t output_stride, const float *weights, size_t row_stride,
    size_t inner_stride, const float *values, size_t value_stride, size_t inner, size_t width,
    float scale, int accumulates, size_t rows, size_t vectors) {
#pragma clang fp contract(fast)
  size_t c = 0;
  for (; c + vectors * BK_LANES <= width; c += vectors * BK_LANES) {
    bk_mix_tile(output + c, output_stride, weights, row_stride, inner_stride, values + c,
                value_stride, inner, scale, accumulates, rows, vectors);
  }
  for (; c + BK_LANES <= width; c += BK_LANES) {
    bk_mix_tile(output + c, output_stride, weights, row_stride, inner_stride, values + c,
                value_stride, inner, scale, accumulates, rows, 1);
  }
  for (; c < width; c++) {
    for (size_t r = 0; r < rows; r++) {
      float sum = 0;
      for (size_t k = 0; k < inner; k++) {
        sum += weights[r * row_stride + k * inner_stride] * values[k * value_stride + c];
      }
      float *place = output + r * output_stride + c;
      *place = accumulates ? *place + scale * sum : scale * sum;
    }
  }
}

/// Any number of rows, in groups; `limits` gives the inner range that a group of rows needs.
#define BK_MIX_GROUPS(first_inner, end_inner)                                                     \
  int is_wide = bk_level() == BK_LEVEL_V4;                                                        \
  size_t group = is_wide ? 6 : 4;                                                                 \
  size_t count;                                                                                   \
  for (size_t first = 0; first < rows; first += count) {                                          \
    count = first + group <= rows ? group : 1;                                                    \
    size_t last = first + count - 1;                                                              \
    (void)last;                                                                                   \
    size_t start = first_inner;                                                                   \
    size_t end = end_inner;                                                                       \
    if (start >= end) start = end;                                                                \
    float *tile = output + first * output_stride;                                                 \
    const float *weight = weights + first * row_stride + start * inner_stride;                    \
    const float *value = values + start * value_stride;                                           \
    if (count == 1) {                                                                             \
      bk_mix_rows(tile, output_stride, weight, row_stride, inner_stride, value, value_stride,     \
                  end - start, width, scale, accumulates, 1, 4);                                  \
    } else if (is_wide) {                                                                         \
      bk_mix_rows(tile, output_stride, weight, row_stride, inner_stride, value, value_stride,     \
                  end - start, width, scale, accumulates, 6, 4);                                  \
    } else {                                                                                      \
      bk_mix_rows(tile, output_stride, weight, row_stride, inner_stride, value, value_stride,     \
                  end - start, width, scale, accumulates, 4, 1);                                  \
    }                                                                                             \
  }

BK_INLINE void bk_attention_block_mix_body(
    float *output, size_t output_stride, const float *weights, size_t weight_stride,
    const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
    size_t visible, float scale) {
  const size_t row_stride = weight_stride, inner_stride = 1;
  const int accumulates = 0;
  BK_MIX_GROUPS(0, bk_least(inner, visible + last))
}
BK_DISPATCH(void, bk_attention_block_mix,
            (float *output, size_t output_stride, const float *weights, size_t weight_stride,
             const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
             size_t visible, float scale),
            (output, output_stride, weights, weight_stride, values, value_stride, rows, inner,
             width, visible, scale))

BK_INLINE void bk_attention_block_gather_body(
    float *output, size_t output_stride, const float *weights, size_t weight_stride,
    const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
    size_t visible, float scale) {
  const size_t row_stride = 1, inner_stride = weight_stride;
  const int accumulates = 1;
  BK_MIX_GROUPS(first + 1 > visible ? first + 1 - visible : 0, inner)
}
BK_DISPATCH(void, bk_attention_block_gather,
            (float *output, size_t output_stride, const float *weights, size_t weight_stride,
             const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
             size_t visible, float scale),
            (output, output_stride, weights, weight_stride, values, value_stride, rows, inner,
             width, visible, scale))
