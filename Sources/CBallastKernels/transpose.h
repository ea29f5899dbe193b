#pragma once

#include "row_math.h"

#define BK_PICK(low, high, ...) __builtin_shufflevector(low, high, __VA_ARGS__)

/// output[k · stride + r] = rows[r · row_stride + k], for 16 values of each.
BK_INLINE void bk_transpose(float *output, size_t stride, const float *rows, size_t row_stride) {
  bk_lanes a[BK_LANES], b[BK_LANES];
  for (size_t r = 0; r < BK_LANES; r++) a[r] = *(const bk_lanes *)(rows + r * row_stride);
  // Within quarters of four floats: the floats of two rows in turn, then the pairs of four rows.
  for (size_t r = 0; r < BK_LANES; r += 2) {
    b[r] = BK_PICK(a[r], a[r + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    b[r + 1] = BK_PICK(a[r], a[r + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (size_t r = 0; r < BK_LANES; r += 4) {
    for (size_t k = 0; k < 2; k++) {
      bk_lanes low = b[r + k], high = b[r + k + 2];
      a[r + 2 * k] = BK_PICK(low, high, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      a[r + 2 * k + 1] =
          BK_PICK(low, high, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  // a[4g + k] now holds columns k, k + 4, k + 8 and k + 12 of rows 4g to 4g + 3: a quarter each.
#define EVEN 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define ODD 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FIRST 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define SECOND 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
  for (size_t k = 0; k < 4; k++) {
    float *place = output + k * stride;
    bk_lanes low = BK_PICK(a[k], a[4 + k], EVEN), high = BK_PICK(a[8 + k], a[12 + k], EVEN);
    *(bk_lanes *)place = BK_PICK(low, high, FIRST);
    *(bk_lanes *)(place + 8 * stride) = BK_PICK(low, high, SECOND);
    low = BK_PICK(a[k], a[4 + k], ODD), high = BK_PICK(a[8 + k], a[12 + k], ODD);
    *(bk_lanes *)(place + 4 * stride) = BK_PICK(low, high, FIRST);
    *(bk_lanes *)(place + 12 * stride) = BK_PICK(low, high, SECOND);
  }
#undef EVEN
#undef ODD
#undef FIRST
#undef SECOND
}

#undef BK_PICK
