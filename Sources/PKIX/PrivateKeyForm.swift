import OpenSSL

/// Whether a private key is in DER, and what of it libcrypto reads over.
struct PrivateKeyForm {
    /// What kind of private key a PEM text holds.
    enum Label {
        /// PKCS#8, SEC 1 or PKCS#1.
        case plain
        /// SEC 1 or PKCS#1 with the headers of RFC 1421.
        case oldEncrypted
        case openSSH
    }

    /// The bits of the public key that stand beside the private one, if any do.
    private(set) var publicBits: [UInt8]?
    /// A key of RFC 5958 as RFC 5208 has it, without the public half, which OpenSSL 3.0 does not read; nil for others.
    private(set) var older: [UInt8]?

    /// The kind of the private key in a text; nil if there is none.
    static func label(in text: [UInt8]) -> Label? {
        guard contains("PRIVATE KEY-----", text) else { return nil }
        if contains("OPENSSH PRIVATE KEY-----", text) { return .openSSH }
        return contains("Proc-Type:", text) ? .oldEncrypted : .plain
    }

    private static func contains(_ words: StaticString, _ text: [UInt8]) -> Bool {
        let pattern = Array(words.description.utf8)
        guard let first = pattern.first else { return true }
        var rest = text[...]
        while let start = Octets.firstIndex(of: first, in: rest) {
            if rest[start...].starts(with: pattern) { return true }
            rest = rest[(start + 1)...]
        }
        return false
    }

    /// - Throws: ``DERError`` for BER, for what is left over, and for two statements of the curve that differ.
    init(_ entry: PEMDocument.Entry) throws(DERError) {
        var whole = DERReader(entry.der)
        try whole.checkWellFormed(depth: 8)
        var reader = DERReader(entry.der)
        let body = try reader.read(.sequence, "private key")
        try reader.finish("private key")
        var contents = reader.contents(of: body)
        switch entry.label {
        case "PRIVATE KEY": try readPKCS8(&contents)
        case "EC PRIVATE KEY": try readSEC1(&contents, curve: nil)
        case "RSA PRIVATE KEY": try Self.readPKCS1(&contents)
        // Encrypted: what is inside can be read by who has the passphrase.
        default: break
        }
    }

    /// OneAsymmetricKey (RFC 5958 section 2).
    private mutating func readPKCS8(_ reader: inout DERReader) throws(DERError) {
        let version = try reader.smallInteger("version")
        let first = try reader.read(.sequence, "private key algorithm")
        var algorithm = reader.contents(of: first)
        let oid = try algorithm.objectIdentifier("private key algorithm")
        let parameters = algorithm.copy(algorithm.position..<algorithm.end)
        let second = try reader.read(.octetString, "private key")
        var key = reader.contents(of: second)
        _ = try reader.readIfPresent(.constructed(0))
        if let bits = try reader.readIfPresent(.primitive(1)) {
            guard version == 1 else {
                throw DERError(bits.start, "expected version 1 of a key with a public half, found \(version)")
            }
            publicBits = reader.copy(try reader.bitString(of: bits, "public key").bits)
            var writer = DERWriter()
            writer.sequence { writer in
                writer.unsignedInteger([])
                writer.raw(reader.copy(first.whole))
                writer.raw(reader.copy(second.whole))
            }
            older = writer.bytes
        }
        try reader.finish("private key")
        switch oid {
        case .ecPublicKey:
            var inner = try key.enter(.sequence, "EC private key")
            try key.finish("EC private key")
            try readSEC1(&inner, curve: parameters)
        case .rsaEncryption:
            var inner = try key.enter(.sequence, "RSA private key")
            try key.finish("RSA private key")
            try Self.readPKCS1(&inner)
        default: try key.checkWellFormed(depth: 8)
        }
    }

    /// ECPrivateKey (RFC 5915 section 3); `curve` is what the algorithm around it says.
    private mutating func readSEC1(_ reader: inout DERReader, curve: [UInt8]?) throws(DERError) {
        let version = try reader.smallInteger("EC private key version")
        guard version == 1 else {
            throw DERError(reader.position, "expected EC private key version 1, found \(version)")
        }
        _ = try reader.octetString("EC private key")
        if let element = try reader.readIfPresent(.constructed(0)) {
            guard curve == nil || reader.copy(element.content) == curve else {
                throw DERError(element.start, "expected one curve, found two that differ")
            }
        }
        if let element = try reader.readIfPresent(.constructed(1)) {
            var inner = reader.contents(of: element)
            let bits = reader.copy(try inner.octetAlignedBitString("public key"))
            try inner.finish("public key")
            guard publicBits == nil || publicBits == bits else {
                throw DERError(element.start, "expected one public key, found two that differ")
            }
            publicBits = bits
        }
        try reader.finish("EC private key")
    }

    /// RSAPrivateKey (RFC 8017 appendix A.1.2) of two primes.
    private static func readPKCS1(_ reader: inout DERReader) throws(DERError) {
        let version = try reader.smallInteger("RSA private key version")
        guard version == 0 else {
            throw DERError(reader.position, "expected an RSA key of two primes, found version \(version)")
        }
        for _ in 0..<8 { _ = try reader.integer("RSA private key") }
        try reader.finish("RSA private key")
    }
}
