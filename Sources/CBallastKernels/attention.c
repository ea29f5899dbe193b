#include "bk_operations.h"
#include "row_math.h"

// A single query reads every key and value once: these loops run at the speed of memory, where a
// matrix product would first pack its operands. Keys are asked for so many ahead, as weights are in linear.c.
enum { BK_KEYS_AHEAD = 16 };

BK_INLINE void bk_attention_scores_body(
    float *scores, const float *query, const float *keys, size_t key_stride, size_t key_count,
    size_t head_size, float scale) {
  for (size_t j = 0; j < key_count; j++) {
    const float *ahead = keys + (j + BK_KEYS_AHEAD) * key_stride;
    for (size_t c = 0; c < head_size; c += BK_LANES) __builtin_prefetch(ahead + c);
    scores[j] = scale * bk_dot(query, keys + j * key_stride, head_size);
  }
}
BK_DISPATCH(void, bk_attention_scores,
            (float *scores, const float *query, const float *keys, size_t key_stride,
             size_t key_count, size_t head_size, float scale),
            (scores, query, keys, key_stride, key_count, head_size, scale))

enum { BK_MIX_COLUMNS = 4 * BK_LANES };

/// 64 columns at a time, the head size of every GPT-2, whose sums fit in registers.
BK_INLINE void bk_attention_mix_columns(
    float *output, const float *probabilities, const float *values, size_t value_stride,
    size_t key_count) {
#pragma clang fp contract(fast)
  bk_lanes sums[4] = {0};
  for (size_t j = 0; j < key_count; j++) {
    const float *value = values + j * value_stride;
    float p = probabilities[j];
    for (size_t k = 0; k < 4; k++) {
      __builtin_prefetch(value + BK_KEYS_AHEAD * value_stride + k * BK_LANES);
    }
    for (size_t k = 0; k < 4; k++) sums[k] += p * *(const bk_lanes *)(value + k * BK_LANES);
  }
  for (size_t k = 0; k < 4; k++) *(bk_lanes *)(output + k * BK_LANES) = sums[k];
}

BK_INLINE void bk_attention_mix_body(
    float *output, const float *probabilities, const float *values, size_t value_stride,
    size_t key_count, size_t head_size) {
#pragma clang fp contract(fast)
  size_t first = 0;
  for (; first + BK_MIX_COLUMNS <= head_size; first += BK_MIX_COLUMNS) {
    bk_attention_mix_columns(
        output + first, probabilities, values + first, value_stride, key_count);
  }
  for (size_t c = first; c < head_size; c++) output[c] = 0;
  for (size_t j = 0; first < head_size && j < key_count; j++) {
    const float *value = values + j * value_stride;
    float p = probabilities[j];
#pragma clang loop vectorize(assume_safety)
    for (size_t c = first; c < head_size; c++) output[c] += p * value[c];
  }
}
BK_DISPATCH(void, bk_attention_mix,
            (float *output, const float *probabilities, const float *values, size_t value_stride,
             size_t key_count, size_t head_size),
            (output, probabilities, values, value_stride, key_count, head_size))
