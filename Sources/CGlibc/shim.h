/* What the toolchain's own module of glibc leaves out: its allocator, and calls that only Linux has. */
#pragma once
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

/* Allocates and frees; volatile, because the optimiser leaves out both otherwise. */
static inline void assay_touch_heap(size_t size) {
    void *volatile block = malloc(size);
    free(block);
}

/* Declared here, because <unistd.h> and <stdio.h> show them to those alone who define _GNU_SOURCE before all headers. */
extern int syncfs(int descriptor);
extern int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);

extern int posix_openpt(int flags);
extern int grantpt(int descriptor);
extern int unlockpt(int descriptor);
extern int ptsname_r(int descriptor, char *name, size_t size);

/* Opens this end of a new pseudo-terminal and writes the path of the other; -1 with errno for failure. */
static inline int assay_open_pseudo_terminal(int flags, char *path, size_t size) {
    int descriptor = posix_openpt(flags);
    if (descriptor < 0) return -1;
    if (grantpt(descriptor) == 0 && unlockpt(descriptor) == 0 && ptsname_r(descriptor, path, size) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/* Everything of the file system in which the open file lies is on disk afterwards. */
static inline int assay_sync_file_system(int descriptor) { return syncfs(descriptor); }

/* Gives a file another name, which must be free: 1 is RENAME_NOREPLACE, -100 AT_FDCWD. */
static inline int assay_rename_to_free_name(const char *old_path, const char *new_path) {
    return renameat2(-100, old_path, -100, new_path, 1);
}
