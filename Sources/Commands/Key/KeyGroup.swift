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

    /// Also by the names that RFC 7518, NIST and SEC 2 have for the curves: `P-256`, `prime256v1`, `secp256r1`.
    init?(argument: String) {
        switch argument.lowercased() {
        case "p256", "p-256", "prime256v1", "secp256r1", "es256": self = .p256
        case "p384", "p-384", "secp384r1", "es384": self = .p384
        case "ed25519": self = .ed25519
        case "rsa3072", "rsa-3072", "rsa:3072": self = .rsa3072
        default: return nil
        }
    }

    var kind: PrivateKey.GeneratedKind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        case .rsa3072: .rsa3072
        }
    }
}
