/* What the toolchain's own module of glibc leaves out: its allocator, and calls that only Linux has. */
#pragma once
#include <malloc.h>
#include <stdlib.h>

/* Allocates and frees; volatile, because the optimiser leaves out both otherwise. */
static inline void assay_touch_heap(size_t size) {
    void *volatile block = malloc(size);
    free(block);
}

/* Declared here, because <unistd.h> and <stdio.h> show them to those alone who define _GNU_SOURCE before all headers. */
extern int syncfs(int descriptor);
extern int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);

/* Everything of the file system in which the open file lies is on disk afterwards. */
static inline int assay_sync_file_system(int descriptor) { return syncfs(descriptor); }

/* Gives a file another name, which must be free: 1 is RENAME_NOREPLACE, -100 AT_FDCWD. */
static inline int assay_rename_to_free_name(const char *old_path, const char *new_path) {
    return renameat2(-100, old_path, -100, new_path, 1);
}
