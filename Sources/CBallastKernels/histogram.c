#include "numbers.h"
#include "vector_math.h"

BK_INLINE void bk_key_counts_of_floats_body(uint32_t *counts, const float *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = bk_bits_from_float(values[i]);
    counts[bits >> 16] += (bits & 0x7fffffff) < 0x7f800000;
  }
}
BK_DISPATCH(void, bk_key_counts_of_floats,
            (uint32_t *counts, const float *values, size_t count), (counts, values, count))

void bk_key_counts_add(uint32_t *counts, bk_number type, const void *values, size_t count) {
  bk_widened block;
  BK_EACH_BLOCK({
    bk_widen(&block, type, piece, length);
    if (bk_number_is_wide(type)) {
      // What float32 does not hold counts with the largest that it holds.
      for (size_t i = 0; i < length; i++) {
        double value = block.doubles[i];
        if (!isfinite(value)) continue;
        float narrow = (float)value;
        if (isinf(narrow)) narrow = copysignf(0x1.fffffep127f, narrow);
        counts[bk_bits_from_float(narrow) >> 16]++;
      }
    } else {
      bk_key_counts_of_floats(counts, block.floats, length);
    }
  })
}

static void bk_histogram_count(
    uint64_t *counts, const double *edges, size_t bins, const uint16_t *first_bins, double value) {
  float narrow = (float)value;
  if (isinf(narrow)) narrow = copysignf(0x1.fffffep127f, narrow);
  size_t bin = 0;
  if (first_bins != NULL) {
    bin = first_bins[bk_bits_from_float(narrow) >> 16];
  } else {
    for (size_t high = bins; high - bin > 1;) {
      size_t middle = (bin + high) / 2;
      if (value >= edges[middle]) bin = middle; else high = middle;
    }
  }
  while (bin > 0 && value < edges[bin]) bin--;
  while (bin + 1 < bins && value >= edges[bin + 1]) bin++;
  counts[bin]++;
}

void bk_histogram_add(
    uint64_t *counts, const double *edges, size_t bins, const uint16_t *first_bins, bk_number type,
    const void *values, size_t count) {
  bk_widened block;
  BK_EACH_BLOCK({
    bk_widen(&block, type, piece, length);
    for (size_t i = 0; i < length; i++) {
      double value = bk_number_is_wide(type) ? block.doubles[i] : (double)block.floats[i];
      if (isfinite(value)) bk_histogram_count(counts, edges, bins, first_bins, value);
    }
  })
}
