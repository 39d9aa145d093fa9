import ArgumentParser
import OpenSSL

/// The values of `--purpose`.
enum CertificatePurposeChoice: String, ExpressibleByArgument, CaseIterable {
    case client, server, ca, any

    var purpose: CertificatePurpose {
        switch self {
        case .client: .client
        case .server: .server
        case .ca: .ca
        case .any: .any
        }
    }
}
