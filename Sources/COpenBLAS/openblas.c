#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

static openblas_library library;
static const openblas_library *loaded;

static void load(void) {
  // Read while the library is loaded: callers cut their work themselves.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  // OpenBLAS takes processors younger than itself for a Prescott of 2004; who knows better has said so.
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512bw")) {
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    setenv("OPENBLAS_CORETYPE", "Haswell", 0);
  }
#endif
  void *handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) handle = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return;
  // ISO C has no cast from an object's pointer to a function's; POSIX has this one.
  *(void **)&library.sgemm = dlsym(handle, "cblas_sgemm");
  if (library.sgemm == NULL) return;
  char *(*text)(void);
  *(void **)&text = dlsym(handle, "openblas_get_config");
  if (text != NULL) library.configuration = text();
  *(void **)&text = dlsym(handle, "openblas_get_corename");
  if (text != NULL) library.core = text();
  void (*set_threads)(int);
  *(void **)&set_threads = dlsym(handle, "openblas_set_num_threads");
  if (set_threads != NULL) set_threads(1);
  loaded = &library;
}

const openblas_library *openblas(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return loaded;
}
