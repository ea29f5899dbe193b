// Matrix products of Ballast and of OpenBLAS, GFLOP/s on the same slices, beside what registers alone do.
//
//   mkdir -p .build && clang -O3 -pthread -ISources/CBallastKernels/include tools/benchmark/products.c
//     Sources/CBallastKernels/products.c Sources/CBallastKernels/dispatch.c -ldl -lm -o .build/products &&
//     .build/products [ROWS [THREADS [ROUNDS [LEVEL]]]]
//
// LEVEL: 1 baseline, 2 AVX2, 3 AVX-512. OpenBLAS is loaded where it is installed (libopenblas0), and told the
// processor, as it does not know the newest. The products are those of a training step of GPT-2: forward,
// gradients of inputs and of weights, and the head's; weights are met in memory, as in a model, not in the cache.
// The best round of each side counts, ours and theirs in turn; the ratio is the median of the rounds'.
#include "bk_dispatch.h"
#include "bk_operations.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { MAXIMUM_THREADS = 64, MAXIMUM_ROUNDS = 99, WEIGHTS = 12, HEAD_ROWS = 156, VOCABULARY = 50257 };
static const size_t floats = (size_t)VOCABULARY * 768 + 4096;

typedef void (*gemm)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                     const float *b, int ldb, float beta, float *c, int ldc);
static gemm sgemm;

typedef struct {
  size_t rows, columns, inner;
  int left_is_transposed, right_is_transposed;
} product;

static product now;
static int threads = 2, theirs;
static size_t met;
static float *a, *b, *c, *scratch[MAXIMUM_THREADS];

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// One thread's share of the product, with four weights.
static void *slices(void *number) {
  const size_t i = (size_t)number, m = now.rows, n = now.columns, k = now.inner;
  const int ta = now.left_is_transposed, tb = now.right_is_transposed, cuts_rows = m > n;
  const size_t extent = cuts_rows ? m : n, first = extent * i / threads / 48 * 48;
  const size_t end = (int)i == threads - 1 ? extent : extent * (i + 1) / threads / 48 * 48, count = end - first;
  const size_t a_stride = ta ? m : k, b_stride = tb ? k : n;
  const float *left = a + (cuts_rows ? (ta ? first : first * k) : 0);
  const float *right = b + (cuts_rows ? 0 : (tb ? first * k : first));
  float *output = c + (cuts_rows ? first * n : first);
  const size_t rows = cuts_rows ? count : m, columns = cuts_rows ? n : count;
  for (size_t repetition = 0; repetition < 4; repetition++) {
    const float *weight = right + (WEIGHTS * k * n < floats ? (met + repetition) % WEIGHTS * k * n : 0);
    if (theirs) {
      sgemm(101, ta ? 112 : 111, tb ? 112 : 111, (int)rows, (int)columns, (int)k, 1, left, (int)a_stride, weight,
            (int)b_stride, 0, output, (int)n);
    } else {
      bk_multiply(output, n, (bk_factor){left, a_stride, ta}, (bk_factor){weight, b_stride, tb}, rows, columns, k, 1,
                  0, scratch[i]);
    }
  }
  return NULL;
}

// Independent chains of 16 floats, so that neither latency nor memory counts.
#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#endif
static void *chains(void *result) {
#pragma clang fp contract(fast)
  typedef float lanes __attribute__((vector_size(64)));
  lanes sums[12] = {0}, factor = sums[0] + 0.999f, term = sums[0] + 1e-3f;
  for (long step = 0; step < 20000000; step++) {
    for (int i = 0; i < 12; i++) sums[i] = sums[i] * factor + term;
  }
  for (int i = 1; i < 12; i++) sums[0] += sums[i];
  *(float *)result = sums[0][0];
  return NULL;
}

static double timed(void *(*work)(void *), float *results) {
  pthread_t handles[MAXIMUM_THREADS];
  const double start = seconds();
  for (size_t i = 0; i < (size_t)threads; i++) {
    pthread_create(&handles[i], NULL, work, results ? (void *)(results + i) : (void *)i);
  }
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  return seconds() - start;
}

// Memory in pages of 2 MiB, like the program's arenas.
static float *huge(size_t count) {
  const size_t page = 2 << 20, bytes = (count * sizeof(float) + page - 1) / page * page;
  float *memory = aligned_alloc(page, bytes);
  if (memory != NULL) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

static int ascending(const void *left, const void *right) {
  const double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

static void load(void) {
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  if (bk_level() == BK_LEVEL_V4) setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  if (bk_level() == BK_LEVEL_V3) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library != NULL) *(void **)&sgemm = dlsym(library, "cblas_sgemm");
}

int main(int count, char **arguments) {
  const size_t t = count > 1 ? (size_t)atoi(arguments[1]) : 512;
  if (count > 2) threads = atoi(arguments[2]);
  const int rounds = count > 3 ? atoi(arguments[3]) : 9;
  if (count > 4) bk_set_level(atoi(arguments[4]));
  if (t < 1 || t > 4096 || threads < 1 || threads > MAXIMUM_THREADS || rounds < 1 || rounds > MAXIMUM_ROUNDS) {
    return fprintf(stderr, "usage: products [ROWS [THREADS [ROUNDS [LEVEL]]]]\n"), 64;
  }
  load();
  a = huge(floats), b = huge(floats), c = huge(floats);
  if (a == NULL || b == NULL || c == NULL) return fprintf(stderr, "products: no memory\n"), 1;
  for (size_t i = 0; i < floats; i++) a[i] = b[i] = (float)(rand() % 1000 - 500) / 500, c[i] = 0;
  for (int i = 0; i < threads; i++) {
    scratch[i] = aligned_alloc(64, (bk_multiply_scratch(4096, 4096) * sizeof(float) + 63) / 64 * 64);
    if (scratch[i] == NULL) return fprintf(stderr, "products: no memory\n"), 1;
  }
  const product products[] = {
      {t, 2304, 768, 0, 1}, {t, 768, 768, 0, 1}, {t, 3072, 768, 0, 1}, {t, 768, 3072, 0, 1},
      {t, 768, 2304, 0, 0}, {t, 768, 768, 0, 0}, {t, 768, 3072, 0, 0}, {t, 3072, 768, 0, 0},
      {2304, 768, t, 1, 0}, {768, 768, t, 1, 0}, {3072, 768, t, 1, 0}, {768, 3072, t, 1, 0},
      {HEAD_ROWS, VOCABULARY, 768, 0, 1}, {HEAD_ROWS, 768, VOCABULARY, 0, 0}, {VOCABULARY, 768, HEAD_ROWS, 1, 0}};
  float results[MAXIMUM_THREADS];
  printf("%s, %d threads", bk_instruction_set(), threads);
  if (bk_level() == BK_LEVEL_V4) {
    double registers = 1e9;
    for (int i = 0; i < 5; i++) registers = fmin(registers, timed(chains, results));
    printf(", registers alone %.0f GFLOP/s", threads * 20e6 * 12 * 32 / registers / 1e9);
  }
  printf("\n                         ours%s\n", sgemm ? "  OpenBLAS  ratio" : "");
  for (size_t p = 0; p < sizeof products / sizeof *products; p++) {
    now = products[p];
    double best[2] = {1e9, 1e9}, ratios[MAXIMUM_ROUNDS];
    for (int round = -1; round < rounds; round++) {
      double took[2] = {0, 0};
      for (theirs = 0; theirs < (sgemm ? 2 : 1); theirs++) {
        took[theirs] = timed(slices, NULL);
        met += 4;
        if (round >= 0) best[theirs] = fmin(best[theirs], took[theirs]);
      }
      if (round >= 0) ratios[round] = took[1] / took[0];
    }
    qsort(ratios, (size_t)rounds, sizeof *ratios, ascending);
    const double operations = 4 * 2e-9 * (double)now.rows * (double)now.columns * (double)now.inner;
    printf("%5zu x %5zu x %5zu %s%s  %4.0f", now.rows, now.columns, now.inner, now.left_is_transposed ? "T" : "N",
           now.right_is_transposed ? "T" : "N", operations / best[0]);
    if (sgemm) printf("      %4.0f   %.2f", operations / best[1], ratios[rounds / 2]);
    printf("\n");
  }
  return 0;
}
