#include "bk_operations.h"
#include "transpose.h"

// Products of matrices, by the scheme of Goto and van de Geijn ("Anatomy of High-Performance Matrix
// Multiplication", 2008): a block of the left factor is packed so that its rows lie near, then one
// panel of the right factor after the other, as wide as a tile of the result. A tile stays in registers
// for the whole depth of both, and its panel in the second-level cache for all rows of the block;
// meanwhile the source of the next panel is fetched.
//
// The terms of a sum are added in ascending order, in runs of equal length and at most a block's depth,
// of which each is scaled and added to the output. So an element does not depend on its place in a tile, nor on how
// a product is cut among threads.

enum {
  BK_DEPTH = 768,       // A panel of 48 columns takes 144 KiB.
  BK_BLOCK_ROWS = 768,  // A block takes 2.25 MiB.
  BK_LARGEST_HEIGHT = 8,
  BK_LARGEST_VECTORS = 3,
};

static inline size_t bk_least(size_t a, size_t b) { return a < b ? a : b; }

/// The factor from a row and a column on.
BK_INLINE bk_factor bk_from(bk_factor factor, size_t row, size_t column) {
  factor.start += factor.is_transposed ? column * factor.stride + row : row * factor.stride + column;
  return factor;
}

/// Floats of scratch for one panel, which has its place in front of the block.
static size_t bk_panel_floats(size_t inner) {
  return BK_LARGEST_VECTORS * BK_LANES * bk_least(BK_DEPTH, inner);
}

size_t bk_multiply_scratch(size_t rows, size_t inner) {
  // The last tile of a block may have rows that are not there.
  return bk_panel_floats(inner) + (bk_least(BK_BLOCK_ROWS, rows) + BK_LARGEST_HEIGHT) * BK_DEPTH;
}

/// panel[k · width + c] = right[k, c], and zero beyond `columns`.
BK_INLINE void bk_pack_panel(
    float *panel, bk_factor right, size_t depth, size_t columns, size_t width) {
  size_t c = 0;
  if (right.is_transposed) {
    for (; c + BK_LANES <= columns; c += BK_LANES) {
      const float *rows = right.start + c * right.stride;
      size_t k = 0;
      for (; k + BK_LANES <= depth; k += BK_LANES) {
        bk_transpose(panel + k * width + c, width, rows + k, right.stride);
      }
      for (; k < depth; k++) {
        for (size_t r = 0; r < BK_LANES; r++) panel[k * width + c + r] = rows[r * right.stride + k];
      }
    }
  } else {
    for (size_t k = 0; k < depth; k++) {
      const float *row = right.start + k * right.stride;
      for (c = 0; c + BK_LANES <= columns; c += BK_LANES) {
        *(bk_lanes *)(panel + k * width + c) = *(const bk_lanes *)(row + c);
      }
    }
  }
  for (; c < width; c++) {
    for (size_t k = 0; k < depth; k++) {
      panel[k * width + c] = c < columns ? *bk_from(right, k, c).start : 0;
    }
  }
}

/// Asks for the part `part` of `parts` of what a panel is packed from.
BK_INLINE void bk_prefetch_panel(
    bk_factor right, size_t depth, size_t columns, size_t part, size_t parts) {
  size_t rows = right.is_transposed ? columns : depth;
  size_t length = right.is_transposed ? depth : columns;
  for (size_t r = rows * part / parts; r < rows * (part + 1) / parts; r++) {
    const float *row = right.start + r * right.stride;
    for (size_t c = 0; c < length; c += BK_LANES) __builtin_prefetch(row + c, 0, 2);
  }
}

/// `height` rows of the left factor, zero beyond `rows`: BK_DEPTH apart, or side by side for each k
/// where it is read transposed, so that nothing but copying is to be done.
BK_INLINE void bk_pack_rows(
    float *block, bk_factor left, size_t depth, size_t rows, size_t height) {
  if (left.is_transposed) {
    for (size_t k = 0; k < depth; k++) {
      const float *column = left.start + k * left.stride;
      if (rows == height) {
        memcpy(block + k * height, column, height * sizeof *block);
      } else {
        for (size_t r = 0; r < height; r++) block[k * height + r] = r < rows ? column[r] : 0;
      }
    }
    return;
  }
  for (size_t r = 0; r < height; r++) {
    const float *row = left.start + r * left.stride;
    float *place = block + r * BK_DEPTH;
    size_t k = 0;
    for (; r < rows && k + BK_LANES <= depth; k += BK_LANES) {
      *(bk_lanes *)(place + k) = *(const bk_lanes *)(row + k);
    }
    for (; k < depth; k++) place[k] = r < rows ? row[k] : 0;
  }
}

/// Where a tile belongs: output = scale · sums + output_scale · output, for what is there of it.
typedef struct {
  float *output;
  size_t stride, rows, columns;
  float scale, output_scale;
} bk_place;

BK_INLINE void bk_store_tile(
    bk_place place, bk_lanes sums[][BK_LARGEST_VECTORS], size_t height, size_t vectors) {
  // Rounded twice, so that a part of a tile is what it would be in a whole one.
#pragma clang fp contract(off)
  if (place.rows >= height && place.columns >= vectors * BK_LANES) {
    for (size_t r = 0; r < height; r++) {
      for (size_t v = 0; v < vectors; v++) {
        bk_lanes *output = (bk_lanes *)(place.output + r * place.stride + v * BK_LANES);
        bk_lanes sum = place.scale * sums[r][v];
        *output = place.output_scale == 0 ? sum : sum + place.output_scale * *output;
      }
    }
    return;
  }
  for (size_t r = 0; r < height && r < place.rows; r++) {
    for (size_t v = 0; v < vectors; v++) {
      bk_lanes lanes = place.scale * sums[r][v];
      for (size_t lane = 0; lane < BK_LANES && v * BK_LANES + lane < place.columns; lane++) {
        float *output = place.output + r * place.stride + v * BK_LANES + lane;
        float sum = lanes[lane];
        *output = place.output_scale == 0 ? sum : sum + place.output_scale * *output;
      }
    }
  }
}

/// `height` rows of a block, `row_step` and for each k `step` apart, against `vectors` times 16
/// columns of a panel: all but the depth are constants where this is inlined.
BK_INLINE void bk_multiply_tile(
    bk_place place, const float *block, size_t row_step, size_t step, const float *panel,
    size_t width, size_t depth, size_t height, size_t vectors) {
#pragma clang fp contract(fast)
  // Where the result goes is not in the cache yet.
  for (size_t r = 0; r < height; r++) {
    for (size_t v = 0; v < vectors; v++) {
      __builtin_prefetch(place.output + r * place.stride + v * BK_LANES, 1);
    }
  }
  bk_lanes sums[BK_LARGEST_HEIGHT][BK_LARGEST_VECTORS] = {0};
  for (size_t k = 0; k < depth; k++, block += step, panel += width) {
    for (size_t r = 0; r < height; r++) {
      for (size_t v = 0; v < vectors; v++) {
        sums[r][v] += block[r * row_step] * *(const bk_lanes *)(panel + v * BK_LANES);
      }
    }
  }
  bk_store_tile(place, sums, height, vectors);
}

/// As many vectors of a tile as its columns need.
BK_INLINE void bk_multiply_columns(
    bk_place place, const float *block, size_t row_step, size_t step, const float *panel,
    size_t depth, size_t height, size_t vectors) {
  size_t width = vectors * BK_LANES;
  if (vectors == 1 || place.columns <= BK_LANES) {
    bk_multiply_tile(place, block, row_step, step, panel, width, depth, height, 1);
  } else if (vectors == 2 || place.columns <= 2 * BK_LANES) {
    bk_multiply_tile(place, block, row_step, step, panel, width, depth, height, 2);
  } else {
    bk_multiply_tile(place, block, row_step, step, panel, width, depth, height, 3);
  }
}

/// A packed block against one panel after the other.
BK_INLINE void bk_multiply_block(
    bk_place place, const float *block, int is_transposed, bk_factor right, float *panel,
    size_t depth, size_t height, size_t vectors) {
  size_t width = vectors * BK_LANES, tiles = (place.rows + height - 1) / height;
  for (size_t c = 0; c < place.columns; c += width) {
    size_t present = bk_least(width, place.columns - c);
    size_t next = bk_least(width, place.columns - c - present);
    bk_pack_panel(panel, bk_from(right, 0, c), depth, present, width);
    for (size_t t = 0; t < tiles; t++) {
      bk_prefetch_panel(bk_from(right, 0, c + present), depth, next, t, tiles);
      bk_place tile = place;
      tile.output += t * height * place.stride + c;
      tile.rows -= t * height;
      tile.columns = present;
      const float *rows = block + t * height * BK_DEPTH;
      if (is_transposed) {
        bk_multiply_columns(tile, rows, 1, height, panel, depth, height, vectors);
      } else {
        bk_multiply_columns(tile, rows, BK_DEPTH, 1, panel, depth, height, vectors);
      }
    }
  }
}

BK_INLINE void bk_multiply_body(
    size_t height, size_t vectors, float *output, size_t output_stride, bk_factor left,
    bk_factor right, size_t rows, size_t columns, size_t inner, float scale, float output_scale,
    float *scratch) {
  float *block = scratch + bk_panel_floats(inner);
  // At least one run, which without terms gives output_scale · output.
  size_t runs = inner == 0 ? 1 : (inner + BK_DEPTH - 1) / BK_DEPTH;
  for (size_t run = 0, k = 0, depth; run < runs; run++, k += depth) {
    depth = (inner - k) / (runs - run);
    for (size_t first = 0; first < rows; first += BK_BLOCK_ROWS) {
      bk_place place = {
          output + first * output_stride, output_stride, bk_least(BK_BLOCK_ROWS, rows - first),
          columns, scale, run == 0 ? output_scale : 1};
      for (size_t r = 0; r < place.rows; r += height) {
        bk_pack_rows(
            block + r * BK_DEPTH, bk_from(left, first + r, k), depth,
            bk_least(height, place.rows - r), height);
      }
      bk_multiply_block(
          place, block, left.is_transposed, bk_from(right, k, 0), scratch, depth, height, vectors);
    }
  }
}
BK_DISPATCH_TILES(void, bk_multiply,
                  (float *output, size_t output_stride, bk_factor left, bk_factor right,
                   size_t rows, size_t columns, size_t inner, float scale, float output_scale,
                   float *scratch),
                  (output, output_stride, left, right, rows, columns, inner, scale, output_scale,
                   scratch))
