public import Diagnostics
public import JSON

/// How the results of a run are written.
public enum ResultForm: Sendable {
    case text, json
    /// Not at all: whoever settles the results does what is to be done.
    case unwritten
}

/// The reports of one chunk: counted and rendered on the worker's thread, or held for whoever settles them.
///
/// Inlinable, so that a report, which may be large, is not copied through the witness table of a generic type.
public struct Results<Answer: Report>: Sendable {
    @usableFromInline let form: ResultForm
    @usableFromInline let failFast: Bool
    /// Reports that wait to be settled; nil where none do.
    @usableFromInline let held: HeldReports<Answer>?
    @usableFromInline var writer: JSONWriter
    @usableFromInline var text: [UInt8] = []

    @usableFromInline var tally = Tally()
    @usableFromInline var remarks = 0
    /// Said on standard error, in order.
    @usableFromInline var errors: [ToolError] = []
    @usableFromInline var notes: [String] = []
    /// What ends the run.
    var fatal: ToolError?

    /// - Parameter holds: whether reports wait to be settled.
    public init(_ form: ResultForm, failFast: Bool = false, holds: Bool = false) {
        self.form = form
        self.failFast = failFast
        held = holds ? HeldReports() : nil
        writer = JSONWriter(reservingCapacity: form == .json && !holds ? 65_536 : 0)
    }

    /// Adds the report of the next input; whether the run goes on after it.
    @inlinable
    @discardableResult
    public mutating func add(_ report: Answer) -> Bool {
        let outcome = report.outcome
        if let held {
            held.append(report)
        } else {
            count(report, outcome)
        }
        return !failFast || outcome == .good || outcome == .continuation
    }

    /// Adds the report of a source that cannot be read, or not to its end, and the error that says why.
    @discardableResult
    public mutating func add(_ report: Answer, ofSource error: ToolError) -> Bool {
        errors.append(error)
        return add(report)
    }

    /// Counts and renders.
    @inlinable
    public mutating func count(_ report: Answer, _ outcome: Outcome) {
        tally.count(outcome, outcome == .good ? nil : report.reason)
        remarks += report.remarks
        switch form {
        case .json: report.write(json: &writer)
        case .text:
            text += report.text
            if let complaint = report.complaint { errors.append(complaint) }
            notes += report.notes
        case .unwritten: break
        }
    }

    /// What was rendered.
    public var bytes: [UInt8] { form == .json ? writer.bytes : text }
}

/// Reports on their way from the worker's thread to the one that settles them.
// Sharing is safe: only the worker appends and only the deliverer takes, and the queue between them hands it over.
public final class HeldReports<Answer: Report>: @unchecked Sendable {
    @usableFromInline var reports: [Answer] = []

    init() {}

    @inlinable
    public func append(_ report: Answer) { reports.append(report) }

    /// The reports, which nobody else holds: a change of one copies none of the others.
    func take() -> [Answer] {
        defer { reports = [] }
        return reports
    }
}
