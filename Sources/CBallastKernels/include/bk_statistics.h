/// Statistics of a tensor, gathered piece by piece in one pass.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The types of numbers that are read as they lie in files.
typedef enum {
  BK_F32,
  BK_F64,
  BK_F16,
  BK_BF16,
  BK_F8E4M3,
  BK_F8E5M2,
  BK_U8,
  BK_I8,
  BK_U16,
  BK_I16,
  BK_U32,
  BK_I32,
  BK_U64,
  BK_I64,
  BK_BOOL,
} bk_number;

/// The size of a number in bytes.
size_t bk_number_size(bk_number type);

/// Widens numbers of any type, which may lie at any address.
void bk_numbers_to_f64(double *output, bk_number type, const void *values, size_t count);

/// What has been seen so far. Extremes and moments are of the finite values alone.
typedef struct {
  double minimum;           ///< +∞ as long as nothing finite was seen
  double maximum;           ///< -∞ as long as nothing finite was seen
  double absolute_maximum;  ///< 0 as long as nothing finite was seen
  double mean;
  double m2;  ///< Σ (value - mean)²
  double sum_of_squares;
  uint64_t finite;
  uint64_t zeros;
  uint64_t nan;
  uint64_t positive_infinite;
  uint64_t negative_infinite;
  uint64_t subnormal;  ///< smaller than the type's own normal numbers
} bk_statistics;

/// Nothing seen yet.
void bk_statistics_init(bk_statistics *statistics);
/// Adds `count` values, which may lie at any address.
void bk_statistics_f32(bk_statistics *into, const void *values, size_t count);
void bk_statistics_f64(bk_statistics *into, const void *values, size_t count);
void bk_statistics_add(bk_statistics *into, bk_number type, const void *values, size_t count);
/// Adds what was seen of other values.
void bk_statistics_join(bk_statistics *into, const bk_statistics *other);

/// The keys of finite values: the upper half of their float32, so that a key's values differ by
/// less than 2^-7 of their size.
enum { BK_KEYS = 65536 };

/// Counts the finite values of each key; `counts` has BK_KEYS of them.
void bk_key_counts_add(uint32_t *counts, bk_number type, const void *values, size_t count);

/// Counts the finite values of each bin: `edges[i] <= value < edges[i + 1]`, in the last bin the
/// upper edge too; what lies outside of all edges counts for the first or the last. `first_bins`
/// has for each key the bin of its least value; without it, each value's bin is searched.
void bk_histogram_add(
    uint64_t *counts, const double *edges, size_t bins, const uint16_t *first_bins, bk_number type,
    const void *values, size_t count);
