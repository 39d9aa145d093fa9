import TestFleet

/// A certificate of a server that stands for itself.
enum ServerCertificate {
    /// Writes `server.crt` and `server.key`.
    ///
    /// - Parameter names: host names, and addresses of version 4.
    static func make(for names: [String], in folder: WorkFolder) throws {
        try ServiceUnderTest.run(
            program: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "server.key", "-out", "server.crt", "-days", "2", "-subj", "/CN=api", "-addext",
                "subjectAltName="
                    + names.map { ($0.allSatisfy { $0.isNumber || $0 == "." } ? "IP:" : "DNS:") + $0 }
                    .joined(separator: ","),
            ], folder)
    }
}
