import CertificateAuthority
public import Diagnostics
import PKIX
import SQLite

extension SQLiteStore {
    /// Why a CA must not use this ledger: it has issued into it under another spelling of its name.
    ///
    /// A ledger tells CAs apart by the octets of name and key. Verifiers compare names without regard to string types, case
    /// and spaces (RFC 5280 section 7.1): to them both are one CA, whose revocation lists would contradict each other and
    /// whose requests would get two certificates.
    ///
    /// - Parameter der: the CA's certificate.
    public func otherSpelling(ofAuthority der: [UInt8]) throws(ToolError) -> CheckFailure? {
        let authority = try KnownAuthority(der: der)
        let found = try read("cannot read the ledger") { () throws(SQLiteError) in
            try authoritySamples(without: authority.identity).first {
                authority.signedUnderAnotherSpelling($0)
            }
        }
        guard found != nil else { return nil }
        return CheckFailure(
            .ledgerMismatch,
            "expected the name of the CA in the octets under which it issued into this ledger, found another spelling of "
                + "it: \(authority.certificate.subject)",
            hint:
                "renew the CA with the same octets of the name: openssl x509 -nameopt show_type tells string types"
        )
    }

    /// A certificate of every other CA that issued into this ledger.
    private func authoritySamples(without own: [UInt8]) throws(SQLiteError) -> [[UInt8]] {
        let others = try connection.prepare("SELECT DISTINCT authority FROM series WHERE authority <> ?")
        try others.bind(.blob(own))
        var samples: [[UInt8]] = []
        while try others.step() {
            let select = try statement(
                """
                SELECT der FROM issuance JOIN certificate ON certificate.id = issuance.id
                WHERE series IN (SELECT id FROM series WHERE authority = ?) LIMIT 1
                """)
            try select.bind(.blob(others.blob(0)))
            defer { select.reset() }
            if try select.step() { samples.append(select.blob(0)) }
        }
        return samples
    }
}
