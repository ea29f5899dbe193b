// What two cores can do at most: fused multiply-adds of registers alone, in float32, beside products by OpenBLAS.
//
//   clang -O3 -march=native -pthread tools/benchmark/fma_peak.c -lopenblas -o .build/fma_peak &&
//     OPENBLAS_CORETYPE=SKYLAKEX .build/fma_peak [THREADS]
//
// OpenBLAS 0.3.21 does not know the newest processors with AVX-512, and is told; GCC leaves the chains in memory.
// Each thread runs twelve independent chains of 16 floats, so that neither latency nor memory counts. The products
// are those of GPT-2's layers at 1024 rows, on slices of rows as the program calls them, each thread one.
#include <immintrin.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                 int ldb, float beta, float *c, int ldc);
void openblas_set_num_threads(int count);

enum { ROWS = 1024, MAXIMUM_THREADS = 64, CHAINS = 12 };
static int threads = 2;
static float *a, *b, *c;
static int width, depth;
static volatile float sink;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *chains(void *unused) {
  __m512 sums[CHAINS];
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_set1_ps((float)i);
  const __m512 factor = _mm512_set1_ps(0.999f), term = _mm512_set1_ps(1e-3f);
  for (long step = 0; step < 20000000; step++) {
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_fmadd_ps(sums[i], factor, term);
  }
  for (int i = 1; i < CHAINS; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  sink = _mm512_reduce_add_ps(sums[0]);
  return unused;
}

static void *product(void *number) {
  const long index = (long)number, rows = ROWS / threads;
  for (int i = 0; i < 4; i++) {
    cblas_sgemm(101, 111, 112, (int)rows, width, depth, 1, a + index * rows * depth, depth, b, depth, 0,
                c + index * rows * width, width);
  }
  return NULL;
}

// The time of `work` on all threads.
static double timed(void *(*work)(void *)) {
  pthread_t handles[MAXIMUM_THREADS];
  const double start = seconds();
  for (long i = 0; i < threads; i++) pthread_create(&handles[i], NULL, work, (void *)i);
  for (long i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  return seconds() - start;
}

static double best(double found, double other) { return other > found ? other : found; }

int main(int count, char **arguments) {
  if (count > 1) threads = atoi(arguments[1]);
  if (threads < 1 || threads > MAXIMUM_THREADS) return 64;
  openblas_set_num_threads(1);
  const int shapes[][2] = {{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}};
  a = calloc(ROWS * 3072, sizeof(float)), b = calloc(3072 * 3072, sizeof(float)), c = calloc(ROWS * 3072, sizeof(float));
  if (a == NULL || b == NULL || c == NULL) return 1;
  double registers = 0, products[4] = {0};
  for (int round = 0; round < 10; round++) {
    registers = best(registers, threads * 20e6 * CHAINS * 32 / timed(chains) / 1e9);
    for (int shape = 0; shape < 4; shape++) {
      width = shapes[shape][0], depth = shapes[shape][1];
      products[shape] = best(products[shape], 4 * 2.0 * ROWS * width * depth / timed(product) / 1e9);
    }
  }
  printf("registers alone: %.0f GFLOP/s\n", registers);
  for (int shape = 0; shape < 4; shape++) {
    printf("%d x %d x %d: %.0f GFLOP/s, %.0f %%\n", ROWS, shapes[shape][0], shapes[shape][1], products[shape],
           100 * products[shape] / registers);
  }
  return 0;
}
