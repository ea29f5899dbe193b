#define _GNU_SOURCE
#include "bk_dispatch.h"

#include <sched.h>
#include <unistd.h>

int bk_available_cores(void) {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) return CPU_COUNT(&mask);
  // The set is too small for machines of more than 1024 cores.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
