import PKIX

/// The words by which results name what certificates hold as numbers.
enum CertificateNames {
    /// The name of a key purpose, or its object identifier.
    static func purpose(_ identifier: String) -> String {
        OID(identifier)?.keyPurposeName ?? identifier
    }
}
