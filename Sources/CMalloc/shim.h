/* glibc's allocator for Swift: the header that the toolchain's own module of glibc leaves out. */
#pragma once
#include <malloc.h>
