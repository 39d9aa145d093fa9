import OpenSSL
import PKIX

/// The forms in which one text may stand in a modem: it lists the SHA-256 of exactly what was written.
public enum StoredForm: String, Sendable, CaseIterable {
    /// Octet for octet what the file holds.
    case exact = "exact"
    /// Lines end in LF, the last one too.
    case lineFeeds = "lf"
    /// PEM blocks with an empty line between two, as they are written by a provisioning command.
    case composed = "composed"
    /// The first of several blocks alone.
    case first = "first"
    /// LF, the last line without one.
    case lineFeedsCut = "lf-without-last"
    /// Lines end in CR LF, the last one too.
    case carriageReturns = "crlf"
    /// CR LF, the last line without.
    case carriageReturnsCut = "crlf-without-last"

    /// Whether the text stands as every modem takes it.
    public var isGood: Bool {
        switch self {
        case .exact, .lineFeeds, .composed, .first: true
        case .lineFeedsCut, .carriageReturns, .carriageReturnsCut: false
        }
    }

    /// What is other than in the file.
    public var difference: String {
        switch self {
        case .exact: "nothing"
        case .lineFeeds: "its lines end in LF"
        case .composed: "its blocks are apart by an empty line"
        case .first: "it is the first block of the file alone"
        case .lineFeedsCut: "its last line has no end"
        case .carriageReturns: "its lines end in CR LF"
        case .carriageReturnsCut: "its lines end in CR LF, and the last one has no end"
        }
    }

    /// The SHA-256 of the text in each form; what is the same octets stands once, under the first of its forms.
    static func digests(of text: [UInt8]) -> [(form: StoredForm, digest: [UInt8])] {
        var seen: Set<[UInt8]> = []
        var digests: [(form: StoredForm, digest: [UInt8])] = []
        for form in allCases {
            let octets = form.octets(of: text)
            if seen.insert(octets).inserted { digests.append((form, Digest.sha256(octets))) }
        }
        return digests
    }

    private func octets(of text: [UInt8]) -> [UInt8] {
        switch self {
        case .exact: text
        case .lineFeeds: Self.bare(text) + [0x0a]
        case .composed: Self.composed(text) ?? text
        case .first: Self.composed(text, count: 1) ?? text
        case .lineFeedsCut: Self.bare(text)
        case .carriageReturns: Self.withCarriageReturns(Self.bare(text)) + [0x0d, 0x0a]
        case .carriageReturnsCut: Self.withCarriageReturns(Self.bare(text))
        }
    }

    /// With LF for any line end, none at the end.
    private static func bare(_ text: [UInt8]) -> [UInt8] {
        var bare: [UInt8] = []
        bare.reserveCapacity(text.count)
        var wasReturn = false
        for byte in text {
            if byte == 0x0d {
                bare.append(0x0a)
            } else if byte != 0x0a || !wasReturn {
                bare.append(byte)
            }
            wasReturn = byte == 0x0d
        }
        while bare.last == 0x0a { bare.removeLast() }
        return bare
    }

    private static func withCarriageReturns(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }
    }

    private static func composed(_ text: [UInt8], count: Int = .max) -> [UInt8]? {
        guard let entries = try? PEMDocument(text).entries, !entries.isEmpty else { return nil }
        return Array(
            entries.prefix(count).map { PEMWriter.encode(label: $0.label, der: $0.der) }.joined(separator: [
                0x0a
            ]))
    }
}
