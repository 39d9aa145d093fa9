/* glibc's allocator for Swift: the header that the toolchain's own module of glibc leaves out. */
#pragma once
#include <malloc.h>
#include <stdlib.h>

/* Allocates and frees; volatile, because the optimiser leaves out both otherwise. */
static inline void assay_touch_heap(size_t size) {
    void *volatile block = malloc(size);
    free(block);
}
