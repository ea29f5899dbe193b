#pragma once

/// Asks for the line of memory at an address that will be read soon; nothing waits for it.
static inline void bk_prefetch(const void *address) { __builtin_prefetch(address); }
