#pragma once

#include "bk_dispatch.h"

#define BK_INLINE static inline __attribute__((always_inline))

/// Defines the function `name` as a choice between copies of `name_body`, one for each
/// instruction set. The body must be BK_INLINE, and so must every helper it calls: a helper that
/// stays a call stays baseline code.
///
/// The choice reads a cached level and not an ifunc (`target_clones`), because resolvers run
/// before a thread sanitizer is ready for them.
#if defined(__x86_64__)
#define BK_DISPATCH_CALLS(type, name, parameters, arguments, v4, v3, baseline)           \
  __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))                        \
  static type name##_v4 parameters {                                                     \
    return name##_body v4;                                                               \
  }                                                                                      \
  __attribute__((target("arch=x86-64-v3"))) static type name##_v3 parameters {           \
    return name##_body v3;                                                               \
  }                                                                                      \
  static type name##_baseline parameters { return name##_body baseline; }                \
  type name parameters {                                                                 \
    switch (bk_level()) {                                                                \
      case BK_LEVEL_V4: return name##_v4 arguments;                                      \
      case BK_LEVEL_V3: return name##_v3 arguments;                                      \
      default: return name##_baseline arguments;                                         \
    }                                                                                    \
  }
#else
#define BK_DISPATCH_CALLS(type, name, parameters, arguments, v4, v3, baseline) \
  type name parameters { return name##_body v3; }
#endif
#define BK_DISPATCH(type, name, parameters, arguments) \
  BK_DISPATCH_CALLS(type, name, parameters, arguments, arguments, arguments, arguments)
/// The same for a body whose first argument, a constant, says whether the processor widens halves.
#define BK_DISPATCH_HALVES(type, name, parameters, arguments)                                 \
  BK_DISPATCH_CALLS(type, name, parameters, arguments, (1, BK_UNPACKED arguments),              \
                    (1, BK_UNPACKED arguments), (0, BK_UNPACKED arguments))
/// The same for a body whose first two arguments are the tile of a product that registers hold: rows,
/// and vectors of 16 columns. With a vector of each factor 28 of 32 registers of 16 floats are in use,
/// 15 of 16 registers of 8, 13 of 16 registers of 4.
#define BK_DISPATCH_TILES(type, name, parameters, arguments)                                  \
  BK_DISPATCH_CALLS(type, name, parameters, arguments, (8, 3, BK_UNPACKED arguments),           \
                    (6, 1, BK_UNPACKED arguments), (2, 1, BK_UNPACKED arguments))
#define BK_UNPACKED(...) __VA_ARGS__
