import ArgumentParser

/// `assay jwt`: the tokens that devices and services log in with.
struct JWTGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwt",
        abstract: "Decode, verify and sign JSON Web Tokens.",
        subcommands: [JWTInspect.self, JWTVerify.self, JWTSign.self])
}
