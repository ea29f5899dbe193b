#include "bk_scratch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

// Products and attention pack some hundred KiB to some MiB in each of their slices. Taken from the C library and freed, blocks
// of so different sizes left holes between them, which grew to four times the largest.

typedef struct {
  float *start;
  size_t bytes;
  bool is_taken;
} bk_block;

static _Thread_local bk_block bk_own;
static pthread_key_t bk_key;
static bool bk_has_key;
static pthread_once_t bk_once = PTHREAD_ONCE_INIT;

/// Called with the block of a thread that ends.
static void bk_release(void *context) {
  bk_block *block = context;
  if (block->start) munmap(block->start, block->bytes);
  *block = (bk_block){0};
}

static void bk_make_key(void) { bk_has_key = pthread_key_create(&bk_key, bk_release) == 0; }

/// Makes the calling thread's block one of so many bytes.
static bool bk_grow(size_t bytes) {
  pthread_once(&bk_once, bk_make_key);
  if (!bk_has_key || pthread_setspecific(bk_key, &bk_own) != 0) return false;
  bk_release(&bk_own);
  void *start = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return false;
  bk_own.start = start;
  bk_own.bytes = bytes;
  return true;
}

float *bk_scratch_take(size_t count) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return 0;  // The sanitizer watches the ends of what it gives out itself.
#endif
#endif
  if (bk_own.is_taken || count > SIZE_MAX / sizeof(float)) return 0;
  size_t bytes = (count > 0 ? count : 1) * sizeof(float);
  if (bytes > bk_own.bytes && !bk_grow(bytes)) return 0;
  bk_own.is_taken = true;
  return bk_own.start;
}

void bk_scratch_give(void) { bk_own.is_taken = false; }
