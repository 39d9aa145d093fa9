import Issuance
import JSON
import PKIX

/// Composes results as they are printed.
struct IssuancePrinter {
    enum Form: Sendable {
        /// JSON Lines; PEM that follows each certificate's.
        case json(chain: [UInt8])
        /// Certificates alone, and the PEM that follows each.
        case pem(chain: [UInt8])
        /// A line for each result, for people.
        case lines
        case none

        /// Whether the notes of a result are part of what is printed.
        var hasNotes: Bool {
            if case .json = self { true } else { false }
        }
    }

    private static let capacity = 57_344

    private let form: Form
    private var writer = JSONWriter(reservingCapacity: capacity)
    /// What is composed that is not JSON.
    private var text: [UInt8] = []

    init(_ form: Form) { self.form = form }

    /// Octets so far.
    var count: Int {
        switch form {
        case .json: writer.bytes.count
        case .pem, .lines, .none: text.count
        }
    }

    mutating func add(_ report: IssuanceReport) {
        switch form {
        case .json(let chain): report.write(json: &writer, chain: chain)
        case .pem(let chain):
            guard report.status != .rejected, let certificate = report.certificate else { return }
            if text.isEmpty { text.reserveCapacity(Self.capacity) }
            PEMWriter.append(label: "CERTIFICATE", der: certificate.der, to: &text)
            text += chain
        case .lines: text += report.line
        case .none: break
        }
    }

    /// What was composed; the printer is empty then.
    mutating func take() -> [UInt8] {
        switch form {
        case .json:
            defer { writer = JSONWriter(reservingCapacity: Self.capacity) }
            return writer.bytes
        case .pem, .lines, .none:
            defer { text = [] }
            return text
        }
    }
}
