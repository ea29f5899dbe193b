#define _GNU_SOURCE
#include "bk_threads.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// A pass over a model has some hundred parallel pieces of 50 microseconds to some milliseconds, one behind
// the other. A sleeping thread takes 5 to 50 microseconds to wake, so threads look for work a while before
// they sleep, and a call that finds them looking costs less than a microsecond.

enum {
  BK_MAXIMUM_WORKERS = 1023,
  /// Looks for work before a thread sleeps: 20 to 100 microseconds.
  BK_LOOKS = 2000,
};

static inline void bk_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// A word that one thread changes and another waits for.
typedef struct {
  _Alignas(64) _Atomic uint32_t value;
  _Atomic bool is_awaited;
} bk_word;

/// Waits until the word is no longer `value`.
static void bk_await_change(bk_word *word, uint32_t value) {
  for (int looks = 0; looks < BK_LOOKS; looks++) {
    if (atomic_load_explicit(&word->value, memory_order_acquire) != value) return;
    bk_pause();
  }
  // Either the waker sees that it is awaited, or the system sees the word changed and does not wait.
  atomic_store(&word->is_awaited, true);
  while (atomic_load(&word->value) == value) {
    syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
  }
  atomic_store(&word->is_awaited, false);
}

/// Wakes the thread that waits for the word, which has been changed, if it sleeps.
static void bk_wake(bk_word *word) {
  if (atomic_load(&word->is_awaited)) {
    syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
}

/// The call that is being served.
static struct {
  bk_part run;
  void *context;
  size_t parts;
  _Atomic size_t next;
} job;

/// Counted up with each call in which this worker takes part.
static bk_word tickets[BK_MAXIMUM_WORKERS];
/// Workers that are still at the call.
static bk_word working;
/// Held during a call.
static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER;
static size_t worker_count;

static void bk_take_parts(void) {
  while (true) {
    size_t part = atomic_fetch_add_explicit(&job.next, 1, memory_order_relaxed);
    if (part >= job.parts) return;
    job.run(job.context, part);
  }
}

static void *bk_work(void *ticket) {
  uint32_t seen = 0;
  while (true) {
    bk_await_change(ticket, seen);
    seen += 1;
    bk_take_parts();
    if (atomic_fetch_sub(&working.value, 1) == 1) bk_wake(&working);
  }
  return NULL;
}

/// The number of workers, after more were started up to `wanted`, if the system has them. Signals are for
/// the program's own threads.
static size_t bk_workers(size_t wanted) {
  if (wanted > BK_MAXIMUM_WORKERS) wanted = BK_MAXIMUM_WORKERS;
  pthread_attr_t attributes;
  if (worker_count >= wanted || pthread_attr_init(&attributes) != 0) {
    return worker_count < wanted ? worker_count : wanted;
  }
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (worker_count < wanted) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, bk_work, &tickets[worker_count]) != 0) break;
    worker_count += 1;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return worker_count < wanted ? worker_count : wanted;
}

void bk_threads_run(size_t parts, size_t threads, bk_part run, void *context) {
  size_t wanted = parts < threads ? parts : threads;
  if (wanted < 2 || pthread_mutex_trylock(&in_use) != 0) {
    for (size_t part = 0; part < parts; part++) run(context, part);
    return;
  }
  size_t workers = bk_workers(wanted - 1);
  job.run = run;
  job.context = context;
  job.parts = parts;
  atomic_store_explicit(&job.next, 0, memory_order_relaxed);
  atomic_store_explicit(&working.value, (uint32_t)workers, memory_order_relaxed);
  for (size_t worker = 0; worker < workers; worker++) {
    atomic_fetch_add(&tickets[worker].value, 1);
    bk_wake(&tickets[worker]);
  }
  bk_take_parts();
  for (uint32_t left; (left = atomic_load(&working.value)) != 0;) bk_await_change(&working, left);
  pthread_mutex_unlock(&in_use);
}
