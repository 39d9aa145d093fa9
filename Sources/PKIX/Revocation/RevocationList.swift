import OpenSSL
import Synchronization

/// A complete certificate revocation list (RFC 5280 section 5), read strictly and **not verified**.
///
/// Lists that say less than a complete one of their issuer, and lists of which something critical is not understood,
/// are not read at all: who asks them would take silence for «not revoked».
public final class RevocationList: Sendable {
    /// The most octets a list may have.
    public static let maximumSize = 64 << 20

    /// The whole list as it was encoded.
    public let der: [UInt8]
    /// The issuer's name.
    public let issuer: DistinguishedName
    /// Seconds since 1970.
    public let thisUpdate: Int64
    /// Seconds since 1970, if stated.
    public let nextUpdate: Int64?
    /// How many certificates it revokes.
    public let count: Int
    /// What RFC 5280 forbids an issuer and does not ask of who reads.
    let findings: [LintFinding]
    let issuerName: CanonicalName
    let scope: RevocationScope
    private let entries: SerialTable
    private let tbsRange: Range<Int>
    private let signatureRange: Range<Int>
    private let algorithm: SignatureAlgorithmIdentifier
    /// Whether a key made the signature, by its SubjectPublicKeyInfo: long lists take long.
    private let verified = Mutex<[[UInt8]: Bool]>([:])

    /// Reads exactly one list in DER.
    ///
    /// - Throws: ``DERError`` if it is none, is longer than ``maximumSize``, is no complete list, or holds a critical
    ///   extension that is not understood.
    public init(der: [UInt8]) throws(DERError) {
        var reader = try RevocationListReader(der)
        try reader.read()
        guard let name = CanonicalName(der: reader.issuer.der) else {
            throw DERError(0, "the issuer's name is malformed")
        }
        self.der = der
        issuer = reader.issuer
        issuerName = name
        thisUpdate = reader.thisUpdate
        nextUpdate = reader.nextUpdate
        count = reader.entries.count
        findings = reader.findings
        scope = reader.scope
        entries = reader.entries
        tbsRange = reader.tbsRange
        signatureRange = reader.signatureRange
        algorithm = reader.algorithm
    }

    /// Whether it revokes the certificate with this serial number, given as the contents of its INTEGER.
    func revokes(_ serial: [UInt8]) -> Bool { entries.contains(serial, in: der) }

    /// Whether it speaks for its issuer at `time`: a list without nextUpdate does so for nobody knows how long.
    func isInForce(at time: Int64) -> Bool {
        guard let nextUpdate else { return false }
        return thisUpdate <= time && time <= nextUpdate
    }

    /// Whether its signature is made with SHA-1.
    var isWeak: Bool {
        guard case .weak = algorithm.meaning else { return false }
        return true
    }

    /// Whether the key of `certificate` made the signature.
    func isSigned(by certificate: X509Certificate) -> Bool {
        if let known = verified.withLock({ $0[certificate.spki] }) { return known }
        let answer = verify(certificate)
        verified.withLock { $0[certificate.spki] = answer }
        return answer
    }

    private func verify(_ certificate: X509Certificate) -> Bool {
        let algorithm: SignatureAlgorithm
        switch (self.algorithm.meaning, self.algorithm.oid) {
        case (.supported(let supported), _): algorithm = supported
        case (.weak, .sha1WithRSA): algorithm = .rsaPKCS1(.sha1)
        case (.weak, .ecdsaWithSHA1): algorithm = .ecdsa(.sha1)
        default: return false
        }
        guard let key = try? certificate.publicKey() else { return false }
        return key.isValid(
            signature: Array(der[signatureRange]), over: Array(der[tbsRange]), algorithm: algorithm)
    }
}

extension RevocationList: Equatable {
    /// Equal if every octet is.
    public static func == (left: RevocationList, right: RevocationList) -> Bool { left.der == right.der }
}

/// Where the serial numbers of a list stand, found by what they are: eight octets an entry at most, for lists of a
/// million.
struct SerialTable: Sendable {
    private(set) var count = 0
    /// Offsets of the contents of INTEGERs shorter than 128 octets; 0 is an empty place.
    private var slots: [UInt32] = []

    /// - Parameter capacity: as many as will be inserted; more are taken too.
    init(capacity: Int = 0) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
    }

    mutating func insert(_ range: Range<Int>, in der: [UInt8]) {
        if (count + 1) * 3 > slots.count * 2 { grow(der) }
        count += 1
        place(UInt32(truncatingIfNeeded: range.lowerBound), range, der)
    }

    func contains(_ serial: [UInt8], in der: [UInt8]) -> Bool {
        var slot = Self.hash(serial[...]) & (slots.count - 1)
        while slots[slot] != 0 {
            let start = Int(slots[slot])
            if Int(der[start - 1]) == serial.count,
                Octets.equal(der, in: start..<start + serial.count, serial)
            {
                return true
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return false
    }

    private mutating func grow(_ der: [UInt8]) {
        let old = slots
        slots = [UInt32](repeating: 0, count: old.count * 2)
        for offset in old where offset != 0 {
            let start = Int(offset)
            place(offset, start..<start + Int(der[start - 1]), der)
        }
    }

    private mutating func place(_ offset: UInt32, _ range: Range<Int>, _ der: [UInt8]) {
        var slot = Self.hash(der[range]) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = offset
    }

    /// Keyed by the process: numbers cannot be chosen so that they meet.
    private static func hash(_ serial: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        var word: UInt64 = UInt64(truncatingIfNeeded: serial.count)
        var filled = 1
        for octet in serial {
            word = word << 8 | UInt64(octet)
            filled += 1
            if filled == 8 {
                hasher.combine(word)
                (word, filled) = (0, 0)
            }
        }
        hasher.combine(word)
        return hasher.finalize()
    }
}
