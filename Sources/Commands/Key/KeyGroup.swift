import ArgumentParser
import OpenSSL

/// `assay key`
struct KeyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make keys and look at them.",
        subcommands: [KeyGenerate.self, KeyInspect.self, KeyPublic.self])
}

/// The values of `--type`.
enum KeyTypeChoice: String, ExpressibleByArgument, CaseIterable {
    case p256, p384, ed25519, rsa3072

    var kind: PrivateKey.GeneratedKind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        case .rsa3072: .rsa3072
        }
    }
}
