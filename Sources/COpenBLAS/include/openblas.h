/// OpenBLAS, loaded when the first product is wanted.
///
/// Linked, it would be loaded with every command, and start a thread for each core, which spins for
/// a while: on two cores `stats` took 0.19 s beside it, and 0.13 s without.
#pragma once

/// What is used of the library; `cblas_sgemm` as the CBLAS has it, with `int` for sizes.
typedef struct {
  void (*sgemm)(
      int order, int transpose_left, int transpose_right, int rows, int columns, int inner,
      float scale, const float *left, int left_stride, const float *right, int right_stride,
      float output_scale, float *output, int output_stride);
  /// The version and how it was built, such as "OpenBLAS 0.3.21 NO_AFFINITY …"; may be null.
  const char *configuration;
  /// The kernels that it has chosen, such as "SkylakeX"; may be null.
  const char *core;
} openblas_library;

/// The values of CBLAS' enumerations.
enum { openblas_row_major = 101, openblas_as_is = 111, openblas_transposed = 112 };

/// The library, set to run on the calling thread; null where it is not installed. Thread-safe.
const openblas_library *openblas(void);
