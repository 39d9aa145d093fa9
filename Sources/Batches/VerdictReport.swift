public import Diagnostics

/// The verdict of a result on one input that is decoded and perhaps verified.
public enum Verdict: String, Sendable {
    case unverified, verified, rejected, malformed
}

/// The result for one input that gets a ``Verdict``.
public protocol VerdictReport: Report {
    var verdict: Verdict { get }
    var failures: [CheckFailure] { get }
}

extension VerdictReport {
    public var reason: String? { failures.first?.code.rawValue }

    public var outcome: Outcome {
        switch verdict {
        case .unverified, .verified: .good
        case .rejected: .rejected
        case .malformed where failures.first?.code == .io: .unreadable
        case .malformed: .malformed
        }
    }
}
