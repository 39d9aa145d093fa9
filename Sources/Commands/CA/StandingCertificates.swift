import CertificateAuthority
import Diagnostics
import OpenSSL
import PKIX
import Store

/// Finds requests that have their certificate already, before any work is spent on them: running a finished batch again
/// is then a matter of reading. One per worker.
///
/// The octets of a request that is in the ledger were verified when it came first. Looking costs something too, the more
/// so while the ledger is being written: a worker looks at one request of several until it finds one, at fewer and fewer
/// of them while it finds none, and then at all until one is missing. What it does not find takes the long way, to the
/// same result.
final class StandingCertificates {
    private static let firstInterval = 16
    private static let longestInterval = 512

    private let authority: [UInt8]
    private let profile: String
    private let open: @Sendable () throws(ToolError) -> any CertificateRegister
    private var ledger: (any CertificateRegister)?
    private var interval = firstInterval
    private var untilNext = firstInterval

    init(
        authority: [UInt8], profile: String,
        open: @escaping @Sendable () throws(ToolError) -> any CertificateRegister
    ) {
        self.authority = authority
        self.profile = profile
        self.open = open
    }

    /// Runs `body`, in which a block of requests is looked up; while they are found, all in one state of the ledger.
    func block<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        guard untilNext == 1, let ledger else { return try body() }
        return try ledger.reading(body)
    }

    /// The ledger's certificate for exactly these octets; `nil` where there is none or none was looked for.
    func certificate(
        of request: CertificationRequest, expecting expectations: RequestExpectations
    ) throws(ToolError) -> IssuanceRecord? {
        untilNext -= 1
        if untilNext > 0 { return nil }
        untilNext = interval
        if ledger == nil { ledger = try open() }
        guard
            let record = try ledger?.standing(
                authority: authority, profile: profile, request: Digest.sha256(request.der),
                keyID: Digest.sha256(request.publicKey.der))
        else {
            interval = min(interval * 2, Self.longestInterval)
            return nil
        }
        interval = Self.firstInterval
        untilNext = 1
        // What a row says besides its request is judged on the long way.
        if let expected = expectations.deviceUUID, expected != record.device { return nil }
        return record
    }
}
