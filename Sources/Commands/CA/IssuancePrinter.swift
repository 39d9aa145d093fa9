import JSON
import PKIX

/// Composes results as they are printed.
struct IssuancePrinter {
    enum Form: Sendable {
        /// JSON Lines; PEM that follows each certificate's.
        case json(chain: [UInt8])
        /// Certificates alone, and the PEM that follows each.
        case pem(chain: [UInt8])
        case none

        /// Whether the notes of a result are part of what is printed.
        var hasNotes: Bool {
            if case .json = self { true } else { false }
        }
    }

    /// Enough for the results of one signing job. Below 64 KiB: of what is freed, larger blocks make glibc clean up.
    private static let capacity = 57_344

    private let form: Form
    private var writer = JSONWriter(reservingCapacity: capacity)
    private var pem: [UInt8] = []
    private var times = TimestampPair()

    init(_ form: Form) { self.form = form }

    /// Octets so far.
    var count: Int {
        switch form {
        case .json: writer.bytes.count
        case .pem, .none: pem.count
        }
    }

    mutating func add(_ report: IssuanceReport) {
        switch form {
        case .json(let chain): report.write(json: &writer, chain: chain, times: &times)
        case .pem(let chain):
            guard report.status != .rejected, let certificate = report.certificate else { return }
            if pem.isEmpty { pem.reserveCapacity(Self.capacity) }
            PEMWriter.append(label: "CERTIFICATE", der: certificate.der, to: &pem)
            pem += chain
        case .none: break
        }
    }

    /// What was composed; the printer is empty then.
    mutating func take() -> [UInt8] {
        switch form {
        case .json:
            defer { writer = JSONWriter(reservingCapacity: Self.capacity) }
            return writer.bytes
        case .pem, .none:
            defer { pem = [] }
            return pem
        }
    }
}
