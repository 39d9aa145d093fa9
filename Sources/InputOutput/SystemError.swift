// Module InputOutput: files, streams, threads and signals. The only module besides the C wrappers that sees
// Glibc; everything above works on byte arrays.

import Glibc

import Diagnostics

/// The reason of a failed system call, as text: `No such file or directory`.
func systemReason(_ code: Int32 = errno) -> String {
    // strerror is safe between threads since glibc 2.32.
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text).lowercasedFirst
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

/// A ``ToolError`` with code `io` about `path`.
///
/// - Parameter staysWhole: whether nothing is left of what could not be written to its end.
func ioError(
    _ doing: String, _ path: String, _ code: Int32 = errno, staysWhole: Bool = true
) -> ToolError {
    var hint: Hint?
    switch code {
    case ENOENT: hint = "check the path"
    case EACCES, EPERM: hint = "check the permissions of the file and of its folder"
    case ENOSPC, EDQUOT:
        hint =
            staysWhole
            ? "free some space and run the command again; nothing was left half-written"
            : "free some space and run the command again; what was written so far ends in the middle"
    default: break
    }
    return ToolError(
        .io, "\(doing): \(systemReason(code))", context: [.init("file", path.escapedForTerminal)], hint: hint)
}
