public import Diagnostics
public import OpenSSL

/// A private key, wherever it is kept: all that those who sign with it know of it.
///
/// A key in a file (``OpenSSL/PrivateKey``) is one; a key in an HSM can be another. What is signed is always checked
/// against ``publicKey`` by the caller, so an implementation cannot pass off a signature of another key.
public protocol SigningKey: Sendable {
    var publicKey: PublicKey { get }

    /// How many threads may sign with it at once, at least 1: the sessions of an HSM; without a practical bound for a
    /// key in memory.
    var concurrency: Int { get }

    /// The means of one thread to sign.
    ///
    /// - Throws: ``ToolError`` with `internal`, or with `io` when the key is kept elsewhere and cannot be reached.
    func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession
}

/// Signatures by one key under one algorithm, by one thread.
public protocol SigningSession: AnyObject {
    /// A signature over a digest of the algorithm's hash; over the message itself where the algorithm has none (Ed25519).
    ///
    /// - Returns: the octets of an X.509 `signature` (RFC 5280 section 4.1.1.3): DER for ECDSA.
    /// - Throws: ``ToolError`` as ``SigningKey/makeSession(_:)``.
    func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8]
}

extension SigningSession {
    /// Hashes `message` as the algorithm wants it and signs.
    fileprivate func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws(ToolError) -> [UInt8] {
        try sign(algorithm.hash.map { Digest.hash($0, message) } ?? message)
    }
}

extension SigningKey {
    /// One signature over octets that the caller composed, verified before it is given away.
    ///
    /// - Throws: ``ToolError`` with `internal`, or as ``makeSession(_:)``.
    public func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws(ToolError) -> [UInt8] {
        let signature = try makeSession(algorithm).sign(message, algorithm)
        guard publicKey.isValid(signature: signature, over: message, algorithm: algorithm) else {
            throw ToolError(.internalFault, "a signature of the key does not verify")
        }
        return signature
    }
}
