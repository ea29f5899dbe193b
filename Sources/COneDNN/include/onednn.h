/// Matrix products of bfloat16 by oneDNN, where the package was built with the trait OneDNN.
///
/// The library is loaded when the first product is wanted: linked, it and its OpenMP would be loaded with every
/// command.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why there are no products, or that there are.
typedef enum {
  onednn_ready,
  /// The package was built without the trait.
  onednn_not_built,
  /// libdnnl.so.2 is not installed, or lacks a function.
  onednn_not_installed,
  /// The processor has no instructions for bfloat16, and the library nothing in their place.
  onednn_not_supported,
} onednn_state;

/// Loads the library and tries a product, once. Thread-safe.
onednn_state onednn(void);

/// The library's version, such as "2.6.3"; null unless it was loaded.
const char *onednn_version(void);

/// A matrix of bfloat16, row by row `stride` elements apart, to be read as it is or transposed.
typedef struct {
  const uint16_t *start;
  size_t stride;
  bool is_transposed;
} onednn_matrix;

/// output [rows, columns] = left · right, or with `accumulates` output + left · right, on the calling thread.
///
/// left is [rows, inner] and right [inner, columns], once transposed; sums are float32. False where the
/// library failed, as it does where memory is short: nothing was written then, or only a part.
bool onednn_multiply(
    float *output, size_t output_stride, onednn_matrix left, onednn_matrix right, size_t rows,
    size_t columns, size_t inner, bool accumulates);
