import ArgumentParser

/// The values of `--format`.
enum CBORFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, binary, hex, base64url

    var format: CBORFormat? {
        switch self {
        case .auto: nil
        case .binary: .binary
        case .hex: .hex
        case .base64url: .base64URL
        }
    }
}
