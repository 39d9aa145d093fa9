import Glibc

/// The program that this process runs.
public enum ProcessImage {
    /// The path of the program; `nil` where the system does not say.
    public static var path: String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Lets another program take the place of this one, with the same arguments, environment and open files.
    ///
    /// - Returns: why not; when it works it does not return.
    public static func replace(by path: String) -> String {
        // A signal that came already is not lost: who asked for the end asks once.
        if Interruption.requested { return "interrupted" }
        execv(path, CommandLine.unsafeArgv)
        return systemReason()
    }
}

extension FileSystem {
    /// Whether there is a regular file at `path` that this process may execute.
    public static func isExecutable(_ path: String) -> Bool {
        FileSystem.kind(of: path) == .file && access(path, X_OK) == 0
    }
}
