public import Diagnostics
public import OpenSSL

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
        ToolError(.internalFault, "the key does not sign: \(error.message)")
    }
}
