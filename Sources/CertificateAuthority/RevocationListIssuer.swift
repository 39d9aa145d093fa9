public import Diagnostics
import OpenSSL
public import PKIX

extension Issuer {
    /// Signs a CRL; what is signed is read back before it is given away.
    ///
    /// - Parameters:
    ///   - entries: in the order of their serial numbers.
    ///   - thisUpdate: seconds since 1970, as `nextUpdate`.
    /// - Returns: DER.
    /// - Throws: ``ToolError`` with `issuer-invalid` when the CA may not sign CRLs, `validity` when the times make
    ///   no sense, else `internal`.
    public func revocationList(
        _ entries: [RevokedEntry], number: Int64, thisUpdate: Int64, nextUpdate: Int64
    ) throws(ToolError) -> [UInt8] {
        // RFC 5280 section 4.2.1.3: an extension that is there restricts, one that is not does not.
        if let usage = certificate.keyUsage, !usage.contains(.crlSign) {
            throw ToolError(
                .issuerInvalid,
                "expected the key usage cRLSign of the CA, found \(usage.names.joined(separator: ", "))")
        }
        guard thisUpdate < nextUpdate, nextUpdate <= DERTime.latest, thisUpdate >= DERTime.earliest else {
            throw ToolError(.validity, "expected a next update after this one and before the year 10000")
        }
        guard number > 0, number < Int64.max else {
            throw ToolError(.validity, "expected a CRL number below \(Int64.max), found \(number)")
        }
        let list = RevocationListTBS(
            issuer: certificate.subject, thisUpdate: thisUpdate, nextUpdate: nextUpdate, number: number,
            authorityKeyIdentifier: keyIdentifier, entries: entries)
        guard let tbs = list.der(algorithm) else {
            throw ToolError(.issuerInvalid, "the CA's key makes no signature for CRLs")
        }
        let signature = try sign(tbs)
        guard let der = RevocationListTBS.assemble(tbs, algorithm: algorithm, signature: signature),
            let read = try? RevocationList(der: der), read.thisUpdate == thisUpdate,
            read.nextUpdate == nextUpdate
        else { throw ToolError(.internalFault, "a CRL was not given away: it does not read back") }
        return der
    }
}
