// Module Issuance: certificates for requests, exactly once, for one request and for a million.
//
//   1 vet     VettingBench      the request proves its key, the profile takes it, its certificate is drafted
//   2 note    IssuanceLedger    the intent is on disk
//   3 sign    SigningBench      the octets that the intent names
//   4 enter   IssuanceLedger    the certificate is on disk
//   5 tell    IssuanceOutcome   and only now anybody hears of it
//
// `IssuanceRun` takes the requests of a stream through these steps, on all cores and a group at a time; `IssuanceDesk`
// takes a few, on the thread of whoever asks. What these steps need of the world outside comes from the caller: keys and
// registry, ledger, clock, serial numbers, the signal to stop.

package import Attestation
package import CertificateAuthority
package import Diagnostics
package import Ledger
import OpenSSL
import PKIX

/// What is known of devices, for one thread: connections belong to one.
package struct DeviceSources {
    package let keys: (any IdentityKeys)?
    package let registry: (any KnownDevices)?

    package init(keys: (any IdentityKeys)?, registry: (any KnownDevices)?) {
        self.keys = keys
        self.registry = registry
    }
}

/// Identity keys of devices, wherever they are from.
package protocol IdentityKeys {
    /// The key that the token has to be signed with; nil where none is known for its device.
    func key(for token: AttestationToken) throws(ToolError) -> IdentityKey?
}

/// What all workers of a run share.
package struct IssuanceSettings: Sendable {
    package let plan: IssuancePlan
    /// Whether devices have to vouch for their keys.
    package let demand: RequestVetter.AttestationDemand
    package let minimumTrust: KeyTrust
    /// Whether requests that have their certificate get a new one.
    package let reissue: Bool
    /// Whether nothing is to be signed or kept.
    package let isDryRun: Bool
    package let serials: SerialNumbers
    /// Opens what is known of devices; called on each thread.
    package let sources: @Sendable () throws(ToolError) -> DeviceSources
    /// Opens the ledger for looking things up beside the one who issues; called on each thread. Nil where that is not worth
    /// it.
    package let register: (@Sendable () throws(ToolError) -> any CertificateRegister)?

    package init(
        plan: IssuancePlan, demand: RequestVetter.AttestationDemand, minimumTrust: KeyTrust,
        reissue: Bool = false, isDryRun: Bool = false, serials: SerialNumbers,
        sources: @escaping @Sendable () throws(ToolError) -> DeviceSources,
        register: (@Sendable () throws(ToolError) -> any CertificateRegister)? = nil
    ) {
        self.plan = plan
        self.demand = demand
        self.minimumTrust = minimumTrust
        self.reissue = reissue
        self.isDryRun = isDryRun
        self.serials = serials
        self.sources = sources
        self.register = register
    }
}

extension IssuanceLedger {
    /// Asserts that the CA was not revoked itself, which a ledger knows that it shares with the one above it, and that it
    /// has one spelling of its name in the ledger.
    ///
    /// - Throws: ``ToolError`` with `revoked` or `ledger-mismatch`.
    package func demandStanding(_ issuer: Issuer) throws(ToolError) {
        let keyID = Digest.sha256(issuer.certificate.publicKey.der)
        guard let failure = try refusal(ofAuthority: issuer.chain.first ?? [], keyID: keyID) else { return }
        throw ToolError(
            failure.code, failure.message,
            hint: failure.hint ?? .replaceAuthority)
    }
}
