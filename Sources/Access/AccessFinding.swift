public import Diagnostics

/// What a check found: who will notice, how grave it is, and why.
public struct AccessFinding: Sendable, Equatable {
    public enum Severity: String, Sendable {
        /// The connection does not come about, or the credential is not there.
        case error
        /// It works with some and not with others.
        case warning
        /// Good to know.
        case note
    }

    /// Who notices.
    public enum Observer: String, Sendable {
        /// The other end of the connection, and whoever opens it.
        case broker
        /// The modem, which does not take or does not have the credential.
        case modem
        /// The cloud's account, which has rules of its own for ids.
        case service
    }

    public let severity: Severity
    public let code: ErrorCode
    public let observer: Observer
    /// The file that it is about; nil where it is about none.
    public let file: String?
    public let message: String

    init(
        _ severity: Severity, _ code: ErrorCode, _ observer: Observer, file: String? = nil, _ message: String
    ) {
        self.severity = severity
        self.code = code
        self.observer = observer
        self.file = file
        self.message = message
    }
}
