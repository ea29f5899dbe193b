#define _GNU_SOURCE
#include "bk_dispatch.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int bk_available_cores(void) {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) return CPU_COUNT(&mask);
  // The set is too small for machines of more than 1024 cores.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

/// The number in a file that holds one; 0 where there is none, such as "max".
static uint64_t bk_number_in(const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  unsigned long long number = 0;
  int count = fscanf(file, "%llu", &number);
  fclose(file);
  return count == 1 ? number : 0;
}

/// MemAvailable of /proc/meminfo, in bytes.
static uint64_t bk_system_available(void) {
  FILE *file = fopen("/proc/meminfo", "re");
  if (file == NULL) return 0;
  char line[256];
  unsigned long long kibibytes = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "MemAvailable: %llu kB", &kibibytes) == 1) break;
  }
  fclose(file);
  return kibibytes * 1024;
}

uint64_t bk_available_memory(void) {
  uint64_t available = bk_system_available();
  // Within a container its own group is mounted here; elsewhere this is the root, which has no limit.
  uint64_t limit = bk_number_in("/sys/fs/cgroup/memory.max");
  uint64_t used = bk_number_in("/sys/fs/cgroup/memory.current");
  if (limit > 0) {
    uint64_t left = limit > used ? limit - used : 1;
    if (available == 0 || left < available) available = left;
  }
  return available;
}
