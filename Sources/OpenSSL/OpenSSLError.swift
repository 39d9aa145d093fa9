// Module OpenSSL: safe Swift values over libcrypto 3.0. The only place that sees its pointers.
//
// Rules: `get0/set0` keep ownership with the parent, `get1/new/d2i` hand it to us (the owner's `deinit` frees).
// A finished handle that is never mutated again may be shared between threads; contexts may not and live in
// per-worker classes. The error queue belongs to the thread: every failing call drains it at once.

import COpenSSL

/// A failed libcrypto call: what was being done, and the reasons OpenSSL queued for it.
public struct OpenSSLError: Error, Sendable, Equatable {
    public let operation: String
    /// The drained error queue of this thread, oldest first; may be empty.
    public let reasons: [String]

    /// Drains the calling thread's error queue into `reasons`.
    public init(_ operation: String) {
        self.operation = operation
        self.reasons = Self.drainQueue()
    }

    init(_ operation: String, reasons: [String]) {
        self.operation = operation
        self.reasons = reasons
    }

    /// One line for people; never holds key material.
    public var message: String {
        reasons.isEmpty ? operation : operation + ": " + reasons.joined(separator: "; ")
    }

    private static func drainQueue() -> [String] {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            if let text = ERR_reason_error_string(code) {
                reasons.append(String(cString: text))
            } else {
                reasons.append("error " + String(code, radix: 16))
            }
        }
        return reasons
    }
}

/// Empties the thread's error queue after a failure that is an ordinary answer ("the signature is bad"), so
/// that it does not show up in the message of the next one.
func clearErrorQueue() {
    ERR_clear_error()
}
