import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX

/// Finds requests that have their certificate already, before any work is spent on them: running a finished batch again
/// is then a matter of reading. One per thread.
///
/// The octets of a request that is in the ledger were verified when it came first. Looking costs something too: of a
/// block whose first request has none, no other is looked for, and none in a small one. What is not found takes the long
/// way, to the same result.
final class StandingCertificates {
    /// Requests in a block for which it is worth while to open the ledger a second time.
    private static let leastCount = 16

    private let authority: [UInt8]
    private let profile: String
    private let open: @Sendable () throws(ToolError) -> any CertificateRegister
    private var ledger: (any CertificateRegister)?
    private var isLooking = false

    init(
        authority: [UInt8], profile: String,
        open: @escaping @Sendable () throws(ToolError) -> any CertificateRegister
    ) {
        self.authority = authority
        self.profile = profile
        self.open = open
    }

    /// Runs `body`, in which the requests of a block are looked up, all in one state of the ledger.
    func block<Value>(of count: Int, _ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        isLooking = count >= Self.leastCount
        guard isLooking else { return try body() }
        if ledger == nil { ledger = try open() }
        guard let ledger else { return try body() }
        return try ledger.reading(body)
    }

    /// The ledger's certificate for exactly these octets; `nil` where there is none or none was looked for.
    func certificate(
        of request: CertificationRequest, expecting expectations: RequestExpectations
    ) throws(ToolError) -> IssuanceRecord? {
        guard isLooking, let ledger else { return nil }
        guard
            let record = try ledger.standing(
                authority: authority, profile: profile, request: Digest.sha256(request.der),
                keyID: Digest.sha256(request.publicKey.der))
        else {
            isLooking = false
            return nil
        }
        // What a row says besides its request is judged on the long way.
        if let expected = expectations.deviceUUID, expected != record.device { return nil }
        return record
    }
}
