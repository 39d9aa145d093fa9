import ArgumentParser

/// `assay cert`: X.509 certificates and their chains.
struct CertificateGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Decode certificates and verify their chains.",
        subcommands: [CertificateInspect.self, CertificateVerify.self])
}
