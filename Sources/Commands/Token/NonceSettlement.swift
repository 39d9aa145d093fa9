import Attestation
import Batches
import Diagnostics
import Registry

/// `--once`: a token is reported as verified only after its nonce was noted as new and is on disk.
enum NonceSettlement {
    /// - Parameter now: seconds since 1970.
    static func noting(in nonces: any NonceRegistry, now: Int64) -> Settlement<TokenReport> {
        Settlement { reports throws(ToolError) in
            let verified = reports.indices.filter { reports[$0].verdict == .verified }
            let used = verified.compactMap { index in
                reports[index].token.map { (device: $0.deviceUUID, nonce: $0.nonce) }
            }
            let fresh = used.isEmpty ? [] : try nonces.use(used, at: now)
            for (index, isFresh) in zip(verified, fresh) where !isFresh { reports[index].refuseReuse() }
            return true
        }
    }
}
