/// The words by which results name what certificates hold as numbers.
enum CertificateNames {
    /// The names of RFC 5280 section 4.2.1.12 and of a few other purposes in use.
    private static let purposes: [String: String] = [
        "1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth",
        "1.3.6.1.5.5.7.3.3": "codeSigning", "1.3.6.1.5.5.7.3.4": "emailProtection",
        "1.3.6.1.5.5.7.3.8": "timeStamping", "1.3.6.1.5.5.7.3.9": "OCSPSigning",
        "2.5.29.37.0": "anyExtendedKeyUsage",
    ]

    /// The name of a key purpose, or its object identifier.
    static func purpose(_ identifier: String) -> String { purposes[identifier] ?? identifier }
}
