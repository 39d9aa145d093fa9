import ArgumentParser
import DeviceIdentity
import JWT

/// What `jwt verify` demands of a token.
struct JWTPolicyOptions: ParsableArguments {
    @Option(
        help: .init(
            "Accept this algorithm too. Several are allowed.", valueName: "alg"))
    var algorithm: [JWTAlgorithmArgument] = []

    @Option(help: .init("Demand that iss is this.", valueName: "text"))
    var issuer: String?

    @Option(help: .init("Demand that sub is this.", valueName: "text"))
    var subject: String?

    @Option(help: .init("Demand that aud is or contains this.", valueName: "text"))
    var audience: String?

    @Option(help: .init("Demand that iss names this device, whatever its chip.", valueName: "uuid"))
    var device: String?

    @Option(help: .init("Demand that this claim is there. Several are allowed.", valueName: "claim"))
    var require: [String] = []

    @Option(
        help: .init("Demand an iat that is not longer ago than this: 90s, 10m, 2h, 30d.", valueName: "span"))
    var maxAge: DurationArgument?

    @Option(help: .init("Allow clocks to differ by this much, 60s by default.", valueName: "span"))
    var leeway: DurationArgument?

    @OptionGroup var moment: MomentOption

    func validate() throws { try Self.check(device: device) }

    static func check(device: String?) throws {
        if let device, (try? DeviceUUID(text: device)) == nil {
            throw ValidationError("--device must be a device UUID (8-4-4-4-12 hexadecimal digits)")
        }
    }

    func policy(now: Int64) -> JWTPolicy {
        var policy = JWTPolicy(now: moment.seconds(orNow: now))
        policy.algorithms.formUnion(algorithm.map(\.algorithm))
        policy.issuer = issuer
        policy.subject = subject
        policy.audience = audience
        policy.device = device.flatMap { try? DeviceUUID(text: $0) }
        policy.requiredClaims = require
        policy.maximumAge = maxAge?.seconds
        if let leeway { policy.leeway = leeway.seconds }
        return policy
    }
}

/// A value of `--algorithm`: what has no name there can never be accepted.
struct JWTAlgorithmArgument: ExpressibleByArgument {
    static let allValueStrings = JWSAlgorithm.allCases.map(\.rawValue)

    let algorithm: JWSAlgorithm

    init?(argument: String) {
        guard let algorithm = JWSAlgorithm(rawValue: argument) else { return nil }
        self.algorithm = algorithm
    }
}
