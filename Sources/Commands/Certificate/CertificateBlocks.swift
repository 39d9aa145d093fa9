import Diagnostics
import PKIX

/// What one PEM or DER file may hold, and how it is told apart.
enum CertificateBlocks {
    /// The label of RFC 7468 section 5.1 and the two older ones it lets readers accept.
    static let certificate: Set<String> = ["CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"]
    static let revocationList: Set<String> = ["X509 CRL"]

    /// The longest PEM block or line: a certificate may have 64 KiB, which is 87 KiB of base64.
    static let limit = 131_072

    /// Whether a file that begins so is DER: certificates and CRLs are longer than 127 octets, so the length octets
    /// are no text.
    static func isDER(_ head: [UInt8]) -> Bool { head.count >= 2 && head[0] == 0x30 && head[1] >= 0x80 }

    /// One block: its DER, and the line it begins on.
    struct Block {
        let line: Int
        let der: [UInt8]
    }

    /// Why a file cannot be used, and on which line.
    struct Fault: Error {
        let line: Int
        let failure: CheckFailure
    }

    /// All blocks with one of `labels` in a file that is held whole; other blocks, private keys for example, are
    /// skipped undecoded. A damaged block spoils the file.
    static func read(
        _ bytes: [UInt8], _ labels: Set<String>, name: String, limit: Int = limit
    ) throws(Fault) -> [Block] {
        if isDER(bytes) { return [Block(line: 1, der: bytes)] }
        var scanner = PEMScanner(limit: limit)
        var blocks: [Block] = []
        var other: String?
        scan: while true {
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block) where labels.contains(block.label):
                do {
                    blocks.append(Block(line: block.line, der: try block.decode(in: bytes)))
                } catch {
                    throw Fault(line: error.line, failure: CheckFailure(.pem, error.reason))
                }
            case .block(let block): other = other ?? block.label
            case .malformed(let error, _):
                throw Fault(line: error.line, failure: CheckFailure(.pem, error.reason))
            case .end, .more: break scan
            }
        }
        guard !blocks.isEmpty else {
            throw Fault(line: 1, failure: nothing(name, other: other, isEmpty: bytes.isEmpty))
        }
        return blocks
    }

    /// The failure of a file without what was expected in it.
    static func nothing(_ name: String, other: String?, isEmpty: Bool) -> CheckFailure {
        let found = isEmpty ? "an empty file" : other.map { "a PEM block \($0)" } ?? "neither PEM nor DER"
        return CheckFailure(.pem, "expected \(name), found \(found)")
    }
}
