public import Diagnostics
import OpenSSL
import PKIX

/// The head of an audit chain at some time, to be signed by a CA: what is cut off later is missed.
public struct LedgerCheckpoint: Sendable, Equatable {
    /// The number of the last entry, 0 for an empty chain.
    public let sequence: Int64
    /// Its hash, 32 octets.
    public let hash: [UInt8]
    /// When the checkpoint was made, seconds since 1970.
    public let at: Int64
    /// The CA, as ``Issuer/identity``.
    public let authority: [UInt8]

    public init(sequence: Int64, hash: [UInt8], at: Int64, authority: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
        self.at = at
        self.authority = authority
    }

    /// What is signed. It begins with a letter, so it can never be read as a certificate or a CRL, which are DER.
    var message: [UInt8] {
        Array(
            """
            assay.checkpoint/1
            sequence \(sequence)
            hash \(Self.hexadecimal(hash))
            at \(at)
            authority \(Self.hexadecimal(authority))

            """.utf8)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The CA's signature over this checkpoint.
    ///
    /// - Throws: ``ToolError`` with code `internal`.
    public func signature(by issuer: Issuer) throws(ToolError) -> [UInt8] {
        guard authority == issuer.identity else {
            throw ToolError(.internalFault, "a checkpoint of another CA is not signed")
        }
        return try issuer.sign(message)
    }

    /// Checks the CA's signature over this checkpoint.
    public func verified(
        signature: [UInt8], by authority: KnownAuthority
    ) -> Result<VerifiedCheckpoint, CheckFailure> {
        guard self.authority == authority.identity else {
            return .failure(CheckFailure(.signature, "the checkpoint is of another CA than the one given"))
        }
        guard sequence >= 0, hash.count == 32 else {
            return .failure(CheckFailure(.signature, "the checkpoint names an impossible place"))
        }
        guard authority.isValid(signature: signature, over: message) else {
            return .failure(CheckFailure(.signature, "the signature of the checkpoint does not verify"))
        }
        guard authority.certificate.validity.contains(at) else {
            return .failure(
                CheckFailure(.validity, "the checkpoint was made outside the validity of the CA"))
        }
        return .success(VerifiedCheckpoint(checkpoint: self))
    }
}

/// A checkpoint that a trusted CA signed. Only ``LedgerCheckpoint/verified(signature:by:)`` makes one.
public struct VerifiedCheckpoint: Sendable, Equatable {
    public let checkpoint: LedgerCheckpoint

    fileprivate init(checkpoint: LedgerCheckpoint) { self.checkpoint = checkpoint }
}
