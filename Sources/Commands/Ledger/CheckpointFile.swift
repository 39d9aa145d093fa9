import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL
import Store

/// A checkpoint and its signature as a file, `assay.checkpoint/1`.
struct CheckpointFile: Equatable {
    let checkpoint: LedgerCheckpoint
    let algorithm: String
    let signature: [UInt8]

    private static let members = ["sequence", "hash", "at", "authority", "algorithm", "signature"]

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.checkpoint/1")
        writer.member("sequence", checkpoint.sequence)
        writer.member("hash", hex: checkpoint.hash)
        writer.member("at", Timestamp.text(checkpoint.at))
        writer.member("authority", hex: checkpoint.authority)
        writer.member("algorithm", algorithm)
        writer.member("signature", hex: signature)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    init(_ checkpoint: LedgerCheckpoint, algorithm: SignatureAlgorithm, signature: [UInt8]) {
        self.checkpoint = checkpoint
        self.algorithm = algorithm.checkpointName
        self.signature = signature
    }

    /// - Throws: ``ToolError`` with `io` or `json`.
    init(path: String) throws(ToolError) {
        let bytes = try SourceReader.contents(
            of: path, for: Expectation(.json, "a checkpoint"), limit: 1 << 20)
        do throws(ToolError) {
            try self.init(bytes: bytes)
        } catch {
            throw error.at("file", path.escapedForTerminal)
        }
    }

    private init(bytes: [UInt8]) throws(ToolError) {
        let node = try JSONNode(document: bytes, schema: "assay.checkpoint/1", members: Self.members)
        let at = try node.member("at")
        guard let time = TimeArgument(argument: try at.string()) else {
            throw at.error("expected a time of RFC 3339")
        }
        checkpoint = LedgerCheckpoint(
            sequence: try node.member("sequence").integer(in: 0...Int64.max),
            hash: try Self.octets(node, "hash", count: 32), at: time.seconds,
            authority: try Self.octets(node, "authority", count: 32))
        algorithm = try node.member("algorithm").string()
        signature = try Self.octets(node, "signature", count: nil)
    }

    private static func octets(_ node: JSONNode, _ name: String, count: Int?) throws(ToolError) -> [UInt8] {
        let member = try node.member(name)
        guard let bytes = Hex.decode(try member.string()), count == nil || bytes.count == count else {
            throw member.error("expected hex" + (count.map { " of \($0) octets" } ?? ""))
        }
        return bytes
    }

    /// Checks the signature under the CAs that are trusted, of which one has to have made it.
    func verified(by authorities: [KnownAuthority]) throws(ToolError) -> Result<
        VerifiedCheckpoint, CheckFailure
    > {
        guard let first = authorities.first else { throw ToolError(.internalFault, "no CA to ask") }
        let signer = authorities.first { $0.identity == checkpoint.authority }
        return verified(by: signer ?? first)
    }

    /// Checks the signature under the CA that is trusted; the file's own word for the algorithm has to agree.
    func verified(by authority: KnownAuthority) -> Result<VerifiedCheckpoint, CheckFailure> {
        guard algorithm == authority.algorithm.checkpointName else {
            return .failure(
                CheckFailure(
                    .algorithm,
                    "expected the algorithm \(authority.algorithm.checkpointName) of the CA, found \(algorithm)"
                ))
        }
        return checkpoint.verified(signature: signature, by: authority)
    }
}

/// A checkpoint that was given to a verification: where it is, if its signature holds, and what is said of it.
struct KnownCheckpoint {
    /// The place that has to be in the chain; `nil` where nobody who is trusted signed it.
    let position: LedgerPosition?
    let report: LedgerReport.Checkpoint

    init(_ path: String, signedBy authorities: [KnownAuthority]) throws(ToolError) {
        let file = try CheckpointFile(path: path)
        var failure: CheckFailure?
        switch try file.verified(by: authorities) {
        case .success(let verified):
            position = LedgerPosition(
                sequence: verified.checkpoint.sequence, hash: verified.checkpoint.hash)
        case .failure(let reason):
            position = nil
            failure = reason
        }
        report = .init(sequence: file.checkpoint.sequence, at: file.checkpoint.at, failure: failure)
    }
}

extension LedgerVerdict {
    /// Asserts that nothing was found, so that the head may be signed.
    ///
    /// - Throws: ``ToolError`` with code `digest`.
    func demandSound(noun: String, path: String) throws(ToolError) {
        guard !isSound else { return }
        throw ToolError(
            .digest, "the \(noun) is not sound, \(findingCount) findings: nothing was signed",
            context: [.init("file", path.escapedForTerminal)], hint: "assay \(noun) verify names them")
    }
}

extension CheckpointFile {
    /// Signs the head of a chain.
    ///
    /// - Parameter verdict: of the chain; it has to be sound.
    init(_ verdict: LedgerVerdict, by issuer: Issuer, at now: Int64) throws(ToolError) {
        guard verdict.isSound else {
            throw ToolError(.internalFault, "a checkpoint of a chain that is not sound is not signed")
        }
        let checkpoint = LedgerCheckpoint(
            sequence: verdict.head.sequence, hash: verdict.head.hash, at: now, authority: issuer.identity)
        self.init(checkpoint, algorithm: issuer.algorithm, signature: try checkpoint.signature(by: issuer))
    }
}

extension SignatureAlgorithm {
    /// The name in a checkpoint.
    var checkpointName: String {
        switch self {
        case .ecdsa(let hash): "ecdsa-\(hash)"
        case .rsaPKCS1(let hash): "rsa-\(hash)"
        case .rsaPSS(let hash): "rsa-pss-\(hash)"
        case .ed25519: "ed25519"
        }
    }
}
