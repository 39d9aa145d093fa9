import ArgumentParser

/// `assay cert`: X.509 certificates and their chains.
struct CertificateGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Decode certificates, verify their chains and hold them against rules.",
        subcommands: [CertificateInspect.self, CertificateVerify.self, CertificateLintCommand.self])
}
