// Which threads should multiply? OpenBLAS' own, or those of Ballast, each with a slice of the product.
//
// Runs the products of a layer of GPT-2 124M as a training step has them, with a pass over each output by all
// threads between them, as there is in a step. Both ways are measured in turn; it prints the medians.
//
//   clang -O3 -march=native -pthread -ISources/CBallastKernels/include tools/benchmark/blas_threads.c
//     Sources/CBallastKernels/threads.c -lopenblas -o .build/blas_threads && .build/blas_threads [THREADS [ROUNDS]]
#include "bk_threads.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// output [m, n] = left · right, of which either may be transposed.
typedef struct {
  int m, n, k, left_transposed, right_transposed;
  int threads;  // 1: OpenBLAS' own
  const float *left, *right;
  float *output;
} product;

/// The columns of part `part` of `parts`, or the rows where there are more of them, as Matrix.swift cuts them.
static void multiply_part(void *context, size_t part) {
  product p = *(product *)context;
  int extent = p.m > p.n ? p.m : p.n, grains = (extent + 15) / 16;
  int first = (int)(part * (size_t)grains / (size_t)p.threads) * 16;
  int last = (int)((part + 1) * (size_t)grains / (size_t)p.threads) * 16;
  last = last < extent ? last : extent;
  int count = last - first, left_stride = p.left_transposed ? p.m : p.k;
  int right_stride = p.right_transposed ? p.k : p.n, stride = p.n;
  if (p.m > p.n) {
    p.left += p.left_transposed ? first : first * left_stride;
    p.output += first * stride;
    p.m = count;
  } else {
    p.right += p.right_transposed ? first * right_stride : first;
    p.output += first;
    p.n = count;
  }
  cblas_sgemm(CblasRowMajor, p.left_transposed ? CblasTrans : CblasNoTrans,
              p.right_transposed ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, p.left, left_stride, p.right,
              right_stride, 0, p.output, stride);
}

typedef struct {
  float *values;
  size_t count, parts;
} pass;

/// What a step does between its products: reads and writes what the last one put out.
static void halve_part(void *context, size_t part) {
  pass *p = context;
  size_t first = part * p->count / p->parts, last = (part + 1) * p->count / p->parts;
  for (size_t i = first; i < last; i++) p->values[i] *= 0.5f;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *numbers(size_t count) {
  float *values = malloc(count * sizeof(float));
  if (values == NULL) exit(1);
  for (size_t i = 0; i < count; i++) values[i] = (float)(i % 17) - 8;
  return values;
}

/// The seconds of one layer, forward and backward, over `rows` tokens.
static double layer(int rows, int threads, int own, float *a, float *b, float *c) {
  static const int maps[4][2] = {{768, 2304}, {768, 768}, {768, 3072}, {3072, 768}};
  openblas_set_num_threads(own ? threads : 1);
  int parts = own ? 1 : threads;
  double start = now();
  for (int map = 0; map < 4; map++) {
    int in = maps[map][0], out = maps[map][1];
    product products[3] = {
        {rows, out, in, 0, 1, parts, a, b, c},  // output
        {rows, in, out, 0, 0, parts, a, b, c},  // gradient of the input
        {out, in, rows, 1, 0, parts, a, b, c},  // gradient of the weight
    };
    for (int i = 0; i < 3; i++) {
      bk_threads_run((size_t)parts, (size_t)parts, multiply_part, &products[i]);
      pass between = {c, (size_t)products[i].m * (size_t)products[i].n, (size_t)threads};
      bk_threads_run((size_t)threads, (size_t)threads, halve_part, &between);
    }
  }
  return now() - start;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 2, rounds = argc > 2 ? atoi(argv[2]) : 21;
  if (threads < 1 || rounds < 1 || rounds > 1000) return fprintf(stderr, "blas_threads [THREADS [ROUNDS]]\n"), 2;
  float *a = numbers(1024 * 3072), *b = numbers(3072 * 1024), *c = numbers(3072 * 3072);
  printf("%s, %s, %d threads\n", openblas_get_config(), openblas_get_corename(), threads);
  for (int rows = 256; rows <= 1024; rows *= 2) {
    double seconds[2][1000];
    layer(rows, threads, 1, a, b, c);
    layer(rows, threads, 0, a, b, c);
    for (int round = 0; round < rounds; round++) {
      for (int own = 0; own < 2; own++) seconds[own][round] = layer(rows, threads, own, a, b, c);
    }
    double medians[2];
    for (int own = 0; own < 2; own++) {
      qsort(seconds[own], (size_t)rounds, sizeof(double), ascending);
      medians[own] = seconds[own][rounds / 2];
    }
    printf("%4d rows: OpenBLAS' own threads %.2f ms, slices %.2f ms: %.2f times as fast\n", rows, 1000 * medians[1],
           1000 * medians[0], medians[1] / medians[0]);
  }
  return 0;
}
