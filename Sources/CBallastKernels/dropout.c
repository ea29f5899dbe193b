#include "bk_operations.h"
#include "dispatch.h"

/// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011): ten rounds over a counter of four words.
BK_INLINE void bk_philox_block(
    uint32_t output[4], uint64_t block, uint64_t seed, uint64_t stream) {
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
  uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0;
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  output[0] = c0;
  output[1] = c1;
  output[2] = c2;
  output[3] = c3;
}

BK_INLINE void bk_philox_body(
    uint32_t *words, size_t block_count, uint64_t seed, uint64_t stream, uint64_t first_block) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < block_count; i++) {
    uint32_t block[4];
    bk_philox_block(block, first_block + i, seed, stream);
    words[4 * i] = block[0];
    words[4 * i + 1] = block[1];
    words[4 * i + 2] = block[2];
    words[4 * i + 3] = block[3];
  }
}
BK_DISPATCH(void, bk_philox,
            (uint32_t *words, size_t block_count, uint64_t seed, uint64_t stream,
             uint64_t first_block),
            (words, block_count, seed, stream, first_block))

enum { BK_DROPOUT_BLOCKS = 64 };

BK_INLINE void bk_dropout_body(
    float *output, const float *input, size_t count, float probability, uint64_t seed,
    uint64_t stream, uint64_t first) {
  uint32_t words[4 * BK_DROPOUT_BLOCKS];
  // An element survives if its word is at or above probability · 2^32.
  uint32_t threshold = (uint32_t)((double)probability * 4294967296.0);
  float scale = 1.0f / (1.0f - probability);
  size_t done = 0;
  while (done < count) {
    uint64_t position = first + done;
    size_t skip = (size_t)(position % 4);
    size_t blocks = (skip + (count - done) + 3) / 4;
    blocks = blocks < BK_DROPOUT_BLOCKS ? blocks : BK_DROPOUT_BLOCKS;
    bk_philox_body(words, blocks, seed, stream, position / 4);
    size_t n = 4 * blocks - skip;
    n = n < count - done ? n : count - done;
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) {
      output[done + i] = words[skip + i] >= threshold ? input[done + i] * scale : 0.0f;
    }
    done += n;
  }
}
BK_DISPATCH(void, bk_dropout,
            (float *output, const float *input, size_t count, float probability, uint64_t seed,
             uint64_t stream, uint64_t first),
            (output, input, count, probability, seed, stream, first))
