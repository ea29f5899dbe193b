#define _GNU_SOURCE
#include "bk_dispatch.h"

#include <malloc.h>
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

/// The number in a file of a folder, behind a name where one is given; 0 where there is none, such as "max".
static uint64_t bk_number(const char *folder, const char *name, const char *key) {
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length < 0 || (size_t)length >= sizeof path) return 0;
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  char line[256];
  unsigned long long number = 0;
  size_t start = strlen(key);
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, start) == 0 && sscanf(line + start, " %llu", &number) == 1) break;
  }
  fclose(file);
  return number;
}

uint64_t bk_available_memory(const char *system, const char *group) {
  uint64_t available = bk_number(system, "meminfo", "MemAvailable:") * 1024;
  uint64_t limit = bk_number(group, "memory.max", "");
  if (limit == 0) return available;
  // What was read of files is counted as used, and given back to who needs it.
  uint64_t cached =
      bk_number(group, "memory.stat", "inactive_file ") + bk_number(group, "memory.stat", "active_file ");
  uint64_t used = bk_number(group, "memory.current", "");
  used = used > cached ? used - cached : 0;
  uint64_t left = limit > used ? limit - used : 1;
  return available == 0 || left < available ? left : available;
}

void bk_give_back_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
