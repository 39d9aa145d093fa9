import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Issuance
import Ledger
import PKIX
import Store

/// Holds the names of certificates against the devices that vouched for their keys, and against the registry as it is now.
struct AttestedNames {
    let registry: RegistryDevices

    /// What is wrong with the name of a row, if a device vouched for it. What is revoked deceives nobody any more.
    func findings(_ row: IssuanceRecord) throws(ToolError) -> [LedgerFinding] {
        guard row.attestation != nil, row.revokedAt == nil, let device = row.device,
            let der = row.certificate,
            let certificate = try? ParsedCertificate(der: der)
        else { return [] }
        return try AttestedName.failures(certificate.subject, of: device, registry).map {
            LedgerFinding($0.code, "\(Hex.encode(row.serial)): \($0.message)", serial: row.serial)
        }
    }
}
