import CertificateAuthority
import Diagnostics
import PKIX
import Store

/// One input of `ca revoke`: what is to be revoked, or why that is not to be had.
struct RevocationTarget {
    /// Why an input leads to no certificate of the CA.
    enum Problem {
        /// It is read, and no certificate of this CA.
        case rejected(CheckFailure)
        /// It could not be read as what it should be.
        case malformed(CheckFailure)
        /// It could not be read at all.
        case unreadable(ToolError)

        var failure: CheckFailure {
            switch self {
            case .rejected(let failure), .malformed(let failure): failure
            case .unreadable(let error): CheckFailure(error.code, error.message)
            }
        }
    }

    let location: InputLocation
    var serial: CertificateSerial?
    var problem: Problem?

    /// Text that should be a serial number.
    ///
    /// - Parameter code: what it is called if it is none.
    init(serial text: String, _ location: InputLocation, _ code: ErrorCode) {
        self.location = location
        serial = CertificateSerial(text)
        if serial == nil { problem = .malformed(CheckFailure(code, "expected a serial number in hex")) }
    }

    init(location: InputLocation, serial: CertificateSerial? = nil, problem: Problem? = nil) {
        self.location = location
        self.serial = serial
        self.problem = problem
    }
}
