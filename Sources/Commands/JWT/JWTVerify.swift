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
