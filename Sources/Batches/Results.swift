package import Diagnostics
import JSON

/// How the results of a run are written.
package enum ResultForm: Sendable {
    case text, json
    /// Not at all: whoever settles the results does what is to be done.
    case unwritten
}

/// The reports of one chunk: counted and rendered on the worker's thread, or held for whoever settles them.
package struct Results<Answer: Report>: Sendable {
    private let form: ResultForm
    private let failFast: Bool
    private let holds: Bool
    private var writer: JSONWriter
    private var text: [UInt8] = []

    package private(set) var tally = Tally()
    private(set) var remarks = 0
    /// Said on standard error, in order.
    private(set) var errors: [ToolError] = []
    private(set) var notes: [String] = []
    private(set) var held: [Answer] = []
    /// What ends the run.
    var fatal: ToolError?

    /// - Parameter holds: whether reports wait to be settled.
    package init(_ form: ResultForm, failFast: Bool = false, holds: Bool = false) {
        self.form = form
        self.failFast = failFast
        self.holds = holds
        writer = JSONWriter(reservingCapacity: form == .json && !holds ? 65_536 : 0)
    }

    /// Adds the report of the next input; whether the run goes on after it.
    @discardableResult
    package mutating func add(_ report: Answer) -> Bool {
        if holds {
            held.append(report)
            return !(failFast && report.outcome.isBad)
        }
        count(report)
        return !(failFast && report.outcome.isBad)
    }

    /// Adds the report of a source that cannot be read, or not to its end, and the error that says why.
    @discardableResult
    package mutating func add(_ report: Answer, ofSource error: ToolError) -> Bool {
        errors.append(error)
        return add(report)
    }

    /// Counts and renders.
    private mutating func count(_ report: Answer) {
        tally.count(report)
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
    package var bytes: [UInt8] { form == .json ? writer.bytes : text }
}

extension Outcome {
    var isBad: Bool { self != .good && self != .continuation }
}
