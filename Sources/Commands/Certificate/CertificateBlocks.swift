import Diagnostics
import Intake
import OpenSSL
import PKIX

/// What one PEM or DER file may hold, and how it is told apart.
enum CertificateBlocks {
    /// The label of RFC 7468 section 5.1 and the two older ones it lets readers accept.
    static var certificate: Set<String> { X509Certificate.pemLabels }
    static let revocationList: Set<String> = ["X509 CRL"]

    /// What OpenSSL writes with -trustout: a certificate with settings after it, which no reader of ours knows.
    static let trusted = "TRUSTED CERTIFICATE"
    static let trustedFailure = CheckFailure(
        .pem,
        "expected a PEM block CERTIFICATE, found TRUSTED CERTIFICATE, a form of OpenSSL's own (openssl x509 -in FILE "
            + "rewrites it)")

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
    /// skipped undecoded and counted. A damaged block spoils the file.
    static func read(
        _ bytes: [UInt8], _ labels: Set<String>, name: String, limit: Int = limit,
        passedOver: PassedOver? = nil
    ) throws(Fault) -> [Block] {
        if isDER(bytes) { return [Block(line: 1, der: bytes)] }
        var scanner = PEMScanner(limit: limit)
        var blocks: [Block] = []
        var other: String?
        var others = 0
        var after = 0
        scan: while true {
            switch scanner.next(in: bytes, isLast: true) {
            case .block(let block) where labels.contains(block.label):
                try pass(bytes, after..<block.whole.lowerBound, passedOver)
                after = block.whole.upperBound
                do {
                    blocks.append(Block(line: block.line, der: try block.decode(in: bytes)))
                } catch {
                    throw Fault(line: error.line, failure: CheckFailure(.pem, error.reason))
                }
            case .block(let block):
                if block.label == trusted, !labels.isDisjoint(with: certificate) {
                    throw Fault(line: block.line, failure: trustedFailure)
                }
                // A list under another label may be the one that revokes.
                if block.label.hasSuffix("CRL"), labels == revocationList {
                    throw Fault(
                        line: block.line,
                        failure: CheckFailure(.pem, "expected a PEM block X509 CRL, found \(block.label)"))
                }
                try pass(bytes, after..<block.whole.lowerBound, passedOver)
                after = block.whole.upperBound
                others += 1
                other = other ?? block.label
            case .malformed(let error, let range):
                try pass(bytes, after..<max(after, range.lowerBound), passedOver)
                throw Fault(line: error.line, failure: CheckFailure(.pem, error.reason))
            case .end, .more: break scan
            }
        }
        if blocks.isEmpty, other == nil { try pass(bytes, after..<bytes.count, nil) }
        guard !blocks.isEmpty else {
            throw Fault(line: 1, failure: nothing(name, other: other, isEmpty: bytes.isEmpty))
        }
        try pass(bytes, after..<bytes.count, passedOver)
        passedOver?.add(blocks: others)
        return blocks
    }

    /// Counts the lines between blocks; one that has a block in it spoils the file.
    private static func pass(
        _ bytes: [UInt8], _ range: Range<Int>, _ passedOver: PassedOver?
    ) throws(Fault) {
        if range.isEmpty { return }
        let text = TextBetweenBlocks(bytes, range)
        if let damage = text.damaged.first {
            throw Fault(
                line: 1 + bytes[..<damage.offset].count { $0 == 0x0a },
                failure: CheckFailure(.pem, damage.reason))
        }
        passedOver?.add(lines: text.comments)
    }

    /// The failure of a file without what was expected in it.
    static func nothing(_ name: String, other: String?, isEmpty: Bool) -> CheckFailure {
        let found = isEmpty ? "an empty file" : other.map { "a PEM block \($0)" } ?? "neither PEM nor DER"
        return CheckFailure(
            .pem, "expected \(name), found \(found)", hint: other.flatMap(ForeignDER.hint(ofLabel:)))
    }
}
