import Glibc

public import Diagnostics

/// Where a secret comes from: never from an option's value, which every user of the machine could read in `ps`.
public enum SecretInput {
    /// The longest secret, in bytes.
    public static let limit = 1024

    /// The value of an environment variable.
    public static func value(ofVariable name: String) throws(ToolError) -> [UInt8] {
        guard let value = System.environment(name) else {
            throw ToolError(
                .passphrase,
                "expected a passphrase in the environment variable \(name.escapedForTerminal), found it unset"
            )
        }
        return Array(value.utf8)
    }

    /// The first line of a file or of standard input (`-`), without its line end.
    public static func firstLine(ofFile path: String) throws(ToolError) -> [UInt8] {
        try firstLine(of: try ByteSource(path: path).readAll(limit: 65_536))
    }

    /// The first line of what an already open descriptor gives.
    public static func firstLine(ofDescriptor descriptor: Int32) throws(ToolError) -> [UInt8] {
        guard descriptor >= 0, fcntl(descriptor, F_GETFD) >= 0 else {
            throw ToolError(.io, "file descriptor \(descriptor) is not open")
        }
        // Not by its name in /dev/fd: opening that fails for a socket, and begins a file anew.
        let source = ByteSource(descriptor: descriptor, name: "file descriptor \(descriptor)")
        return try firstLine(of: try source.readAll(limit: 65_536))
    }

    /// An editor's byte order mark is no part of a secret, which would only be called a wrong one.
    private static func firstLine(of bytes: [UInt8]) throws(ToolError) -> [UInt8] {
        guard ![[0xff, 0xfe], [0xfe, 0xff]].contains(where: { bytes.starts(with: $0) }) else {
            throw ToolError(
                .passphrase, "expected a secret in UTF-8, found UTF-16", hint: "save the file as UTF-8")
        }
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        var line = Array(text.prefix { $0 != 0x0a })
        if line.last == 0x0d { line.removeLast() }
        return line
    }

    /// Asks on the terminal without echo; `nil` when there is no terminal to ask.
    public static func prompt(_ text: String) throws(ToolError) -> [UInt8]? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal, TCSAFLUSH, &settings) }
        try writeAll(terminal, Array("\(text): ".utf8), name: "the terminal")
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count <= limit, waitForKey(terminal), Glibc.read(terminal, &byte, 1) == 1, byte != 0x0a {
            line.append(byte)
        }
        try writeAll(terminal, [0x0a], name: "the terminal")
        // Half a secret would only be called a wrong one.
        guard !Interruption.requested else { throw ToolError(.io, "interrupted at the prompt") }
        guard line.count <= limit else {
            throw ToolError(.passphrase, "expected a secret of at most \(limit) bytes, found more")
        }
        return line
    }

    /// Waits until there is something to read; false when the wait was ended by a signal.
    ///
    /// A signal just before a `read` would not end it, so the question is asked again every tenth of a second.
    private static func waitForKey(_ terminal: Int32) -> Bool {
        while !Interruption.requested {
            var wanted = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wanted, 1, 100)
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return false }
        }
        return false
    }
}
