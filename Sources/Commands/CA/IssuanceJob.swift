import Attestation
import CertificateAuthority
import Diagnostics
import Store

/// What all workers of a run share.
struct IssuanceSettings: Sendable {
    let plan: IssuancePlan
    /// The identity keys of devices, where some are known.
    let keys: KeySource?
    /// The store with the registry of devices, where there is one.
    let registry: String?
    let requireAttestation: Bool
    let minimumTrust: KeyTrust
    /// Whether requests that have their certificate get a new one.
    let reissue: Bool
    /// Whether nothing is to be signed or kept.
    let isDryRun: Bool
    /// How results are printed, where they are only printed; `nil` where there is more to do with them.
    let printing: IssuancePrinter.Form?
    /// Opens the ledger for looking things up.
    let lookup: @Sendable () throws(ToolError) -> any CertificateRegister

    var demand: RequestVetter.AttestationDemand {
        if requireAttestation { return .always }
        return keys == nil ? .none : .whenKeyIsKnown
    }
}

/// One step of work on all cores.
enum IssuanceJob: Sendable {
    /// Read and vet a block of requests and draft their certificates.
    case vet(RequestChunk)
    /// Check and sign drafts whose intents are on disk: block `number` of a group.
    case sign(group: Int, number: Int, [SigningOrder])
}

/// What came of a job.
enum IssuanceResult: Sendable {
    case vetted([VettedItem])
    case signed(group: Int, number: Int, SignedBlock)
    /// The run cannot go on.
    case fault(ToolError)
}
