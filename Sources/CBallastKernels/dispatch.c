#include "bk_kernels.h"

const char *bk_instruction_set(void) { return "baseline"; }
