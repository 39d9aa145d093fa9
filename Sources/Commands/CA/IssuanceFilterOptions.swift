import ArgumentParser
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Ledger
import Store

/// Which certificates a command is about.
struct IssuanceFilterOptions: ParsableArguments {
    @Option(help: .init("intended (no certificate yet), valid, expired or revoked.", valueName: "status"))
    var status: IssuanceStatusChoice?

    @Option(help: .init("Only of this device.", valueName: "uuid"))
    var device: String?

    @Option(help: .init("Only under this profile.", valueName: "name"))
    var profile: String?

    @Option(help: .init("Only issued at this time or later: RFC 3339.", valueName: "time"))
    var issuedFrom: TimeArgument?

    @Option(help: .init("Only issued before this time: RFC 3339.", valueName: "time"))
    var issuedBefore: TimeArgument?

    @Option(
        help: .init("Only valid ones that expire within this time, for example 30d.", valueName: "duration"))
    var expiresWithin: DurationArgument?

    func validate() throws {
        if expiresWithin != nil, status != nil, status != .valid {
            throw ValidationError("expected --expires-within with no --status but valid")
        }
    }

    /// - Parameter authority: the CA whose certificates are meant.
    func filter(of authority: [UInt8], at now: Int64) throws(ToolError) -> IssuanceFilter {
        var filter = IssuanceFilter()
        filter.status = status?.status
        if let device { filter.device = try DeviceUUID(text: device) }
        filter.profile = profile
        filter.authority = authority
        filter.issuedFrom = issuedFrom?.seconds
        filter.issuedBefore = issuedBefore?.seconds
        if let expiresWithin {
            filter.status = .valid
            filter.endsBy = now + expiresWithin.seconds
        }
        return filter
    }
}

/// The values of `--status`.
enum IssuanceStatusChoice: String, ExpressibleByArgument, CaseIterable {
    case intended, valid, expired, revoked

    var status: IssuanceRecord.Status {
        switch self {
        case .intended: .intended
        case .valid: .valid
        case .expired: .expired
        case .revoked: .revoked
        }
    }
}
