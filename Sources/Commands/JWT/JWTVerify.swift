import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JWT

/// `assay jwt verify`
struct JWTVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify JWTs and check their claims.",
        discussion: """
            Checks structure, algorithm, kid, signature, the times that a token states, and what the options \
            demand of its claims.

            Only ES256 is accepted unless --algorithm allows more; none and the HMAC algorithms never are. The key \
            comes from --key, --keys, --jwks or the store and never from the token (jwk, jku, x5c and x5u are \
            ignored).

            A kid in the token has to name that key: by the SHA-256 of its SubjectPublicKeyInfo in hex, as modems \
            write it, by its RFC 7638 thumbprint, or by its name in the JWK Set. A token without exp verifies \
            unless --require exp or --max-age forbids it.

            Exit status 0: verified. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay jwt verify --key device.pub token.jwt
              assay jwt verify --store devices.db --max-age 10m --require exp tokens.txt
            """)

    @OptionGroup var input: JWTInputOptions
    @OptionGroup(title: "Key options") var keySource: JWTKeyOptions
    @OptionGroup var policy: JWTPolicyOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws { try keySource.demandOneReader(inputs: input.usesStandardInput) }

    func run(in environment: Environment) throws -> ExitStatus {
        let mode = JWTJudge.Mode.verify(
            try keySource.source(run.output.console), policy.policy(now: environment.now))
        return try run.run(.jwt, good: "verified", input.stream, in: environment) { () throws(ToolError) in
            try JWTJudge(mode)
        }
    }
}

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

    @Option(
        help: .init(
            "Verify as of this time (RFC 3339, or seconds since 1970) instead of now.", valueName: "time"))
    var at: TimeArgument?

    func validate() throws {
        if let device, (try? DeviceUUID(text: device)) == nil {
            throw ValidationError("--device must be a device UUID (8-4-4-4-12 hexadecimal digits)")
        }
    }

    func policy(now: Int64) -> JWTPolicy {
        var policy = JWTPolicy(now: at?.seconds ?? now)
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
