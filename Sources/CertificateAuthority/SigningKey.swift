public import Diagnostics
public import OpenSSL

/// The key of a CA, wherever it is kept: all that a CA knows of it.
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
    /// - Returns: the octets of a certificate's `signature`: DER for ECDSA.
    /// - Throws: ``ToolError`` as ``SigningKey/makeSession(_:)``.
    func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8]
}

extension SigningSession {
    /// Hashes `message` as the algorithm wants it and signs.
    func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws(ToolError) -> [UInt8] {
        try sign(algorithm.hash.map { Digest.hash($0, message) } ?? message)
    }
}

extension SigningKey {
    /// One signature over octets that this module composed, verified before it is given away.
    ///
    /// - Throws: ``ToolError`` with `internal`, or as ``makeSession(_:)``.
    func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws(ToolError) -> [UInt8] {
        let signature = try makeSession(algorithm).sign(message, algorithm)
        guard publicKey.isValid(signature: signature, over: message, algorithm: algorithm) else {
            throw ToolError(.internalFault, "a signature of the CA's key does not verify")
        }
        return signature
    }
}

/// A key read from a file: libcrypto signs, and any number of threads at once.
extension PrivateKey: SigningKey {
    public var concurrency: Int { .max }

    public func makeSession(_ algorithm: SignatureAlgorithm) throws(ToolError) -> any SigningSession {
        do {
            if algorithm == .ecdsa(.sha256), publicKey.kind == .p256 {
                return PreparedSession(signer: try P256Signer(key: self))
            }
        } catch {
            throw SigningScheme.refusal(error)
        }
        return KeySession(key: self, algorithm: algorithm)
    }
}

/// The context is prepared once: for the one kind of key that signs by the hundred thousand.
private final class PreparedSession: SigningSession {
    private let signer: P256Signer

    init(signer: P256Signer) { self.signer = signer }

    func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8] {
        do { return try signer.sign(digest: digest) } catch { throw SigningScheme.refusal(error) }
    }
}

private final class KeySession: SigningSession {
    private let key: PrivateKey
    private let algorithm: SignatureAlgorithm

    init(key: PrivateKey, algorithm: SignatureAlgorithm) {
        self.key = key
        self.algorithm = algorithm
    }

    func sign(_ digest: [UInt8]) throws(ToolError) -> [UInt8] {
        do {
            return try algorithm.hash == nil
                ? key.sign(digest, algorithm: algorithm) : key.sign(digest: digest, algorithm: algorithm)
        } catch {
            throw SigningScheme.refusal(error)
        }
    }
}

extension SigningScheme {
    fileprivate static func refusal(_ error: OpenSSLError) -> ToolError {
        ToolError(.internalFault, "the CA's key does not sign: \(error.message)")
    }
}
