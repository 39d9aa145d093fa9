public import Diagnostics
public import JSON

/// One thing that a check of a command batch found, with the path of the place in the document; an `Error` so that it
/// can be the failure of a `Result`.
public struct BatchFinding: Error, Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The service or the device will refuse it, or the outcome is not what was meant.
        case error
        /// It works on some devices, or is rarely meant.
        case warning
        /// Worth knowing.
        case note
    }

    public let severity: Severity
    public let code: ErrorCode
    /// For example `commands[2].request.clientCertificate.content`; `$` is the whole document.
    public let path: String
    public let message: String

    public init(_ severity: Severity, _ code: ErrorCode, _ path: JSONPath, _ message: String) {
        self.severity = severity
        self.code = code
        self.path = path.description
        self.message = message
    }

    init(_ severity: Severity, _ code: ErrorCode, path: String, _ message: String) {
        self.severity = severity
        self.code = code
        self.path = path
        self.message = message
    }

    /// The finding as an error: `path: message`.
    public var toolError: ToolError {
        ToolError(code, "\(path): \(message)")
    }

    /// Appends `{"severity":…,"code":…,"path":…,"message":…}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("severity", severity.rawValue)
        writer.member("code", code.rawValue)
        writer.member("path", path)
        writer.member("message", message)
        writer.endObject()
    }
}
