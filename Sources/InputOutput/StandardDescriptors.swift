import Glibc

/// The three descriptors that every program is started with, or should be.
enum StandardDescriptors {
    /// Puts something on those of 0 to 2 that whoever started the program had closed.
    ///
    /// The next file that is opened would otherwise get such a number, and results would be written into it, or input
    /// read from it for ever. What stands there now can neither be read (0) nor written (1, 2): use is an error as before.
    static func occupyClosed() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // The lowest number that is free is the one that open gives.
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }
}
