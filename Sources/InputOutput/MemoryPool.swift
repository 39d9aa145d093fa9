import CMalloc

/// What the C library's allocator does with freed memory.
enum MemoryPool {
    /// How much free memory at the end of a heap is kept: more than a pipeline ever has in flight.
    private static let kept: Int32 = 64 << 20

    /// Lets the heaps keep what is freed.
    ///
    /// Each chunk of a pipeline frees what it allocated, and glibc gives more than 128 KiB at the end of a heap back to
    /// the kernel at once, only to fetch it again, page by page, for the next chunk. What a run needs at most it needs
    /// either way.
    static func keepFreedMemory() {
        // Setting any of the limits ends their adjustment by glibc itself: larger blocks go on to be mapped singly.
        mallopt(M_TRIM_THRESHOLD, kept)
        mallopt(M_MMAP_THRESHOLD, 4 << 20)
    }
}
