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
#define BK_DISPATCH(type, name, parameters, arguments)                                   \
  __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))                        \
  static type name##_v4 parameters {                                                     \
    return name##_body arguments;                                                        \
  }                                                                                      \
  __attribute__((target("arch=x86-64-v3"))) static type name##_v3 parameters {           \
    return name##_body arguments;                                                        \
  }                                                                                      \
  static type name##_baseline parameters { return name##_body arguments; }               \
  type name parameters {                                                                 \
    switch (bk_level()) {                                                                \
      case BK_LEVEL_V4: return name##_v4 arguments;                                      \
      case BK_LEVEL_V3: return name##_v3 arguments;                                      \
      default: return name##_baseline arguments;                                         \
    }                                                                                    \
  }
#else
#define BK_DISPATCH(type, name, parameters, arguments) \
  type name parameters { return name##_body arguments; }
#endif
