#include "numbers.h"

#include "bk_casts.h"
#include "dispatch.h"

#include <string.h>

#define BK_WIDEN(to, type)                                                        \
  do {                                                                            \
    const struct __attribute__((packed)) { type value; } *input = values;         \
    for (size_t i = 0; i < count; i++) to[i] = input[i].value;                    \
  } while (0)

BK_INLINE void bk_widen_body(
    bk_widened *block, bk_number type, const void *values, size_t count) {
  switch (type) {
    case BK_F32: memcpy(block->floats, values, count * sizeof(float)); break;
    case BK_F64: memcpy(block->doubles, values, count * sizeof(double)); break;
    case BK_F16: bk_f16_to_f32(block->floats, values, count); break;
    case BK_BF16: bk_bf16_to_f32(block->floats, values, count); break;
    case BK_F8E4M3: bk_f8e4m3_to_f32(block->floats, values, count); break;
    case BK_F8E5M2: bk_f8e5m2_to_f32(block->floats, values, count); break;
    case BK_U8: BK_WIDEN(block->floats, uint8_t); break;
    case BK_I8: BK_WIDEN(block->floats, int8_t); break;
    case BK_U16: BK_WIDEN(block->floats, uint16_t); break;
    case BK_I16: BK_WIDEN(block->floats, int16_t); break;
    case BK_U32: BK_WIDEN(block->doubles, uint32_t); break;
    case BK_I32: BK_WIDEN(block->doubles, int32_t); break;
    case BK_U64: BK_WIDEN(block->doubles, uint64_t); break;
    case BK_I64: BK_WIDEN(block->doubles, int64_t); break;
    case BK_BOOL:
      for (size_t i = 0; i < count; i++) block->floats[i] = ((const uint8_t *)values)[i] != 0;
      break;
  }
}
BK_DISPATCH(void, bk_widen,
            (bk_widened *block, bk_number type, const void *values, size_t count),
            (block, type, values, count))

size_t bk_number_size(bk_number type) {
  switch (type) {
    case BK_F64: case BK_U64: case BK_I64: return 8;
    case BK_F32: case BK_U32: case BK_I32: return 4;
    case BK_F16: case BK_BF16: case BK_U16: case BK_I16: return 2;
    default: return 1;
  }
}

void bk_numbers_to_f64(double *output, bk_number type, const void *values, size_t count) {
  bk_widened block;
  BK_EACH_BLOCK({
    bk_widen(&block, type, piece, length);
    for (size_t i = 0; i < length; i++) {
      output[first + i] = bk_number_is_wide(type) ? block.doubles[i] : (double)block.floats[i];
    }
  })
}
