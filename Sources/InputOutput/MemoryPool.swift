import CGlibc

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
        mallopt(M_TRIM_THRESHOLD, kept)
        // Small objects that go from thread to thread are not merged with their neighbours on the way.
        mallopt(M_MXFAST, 160)
        // Setting one limit ends glibc's own adjustment of both: larger blocks go on to be mapped singly.
        mallopt(M_MMAP_THRESHOLD, Int32(reserved * 2))
    }

    /// What the heap of a new thread is made big enough for at once.
    private static let reserved = 8 << 20

    /// Makes room in the heap of this thread, which grows page by page otherwise, with a system call for each. What is
    /// not used is not in memory.
    static func reserve() { assay_touch_heap(reserved) }
}
