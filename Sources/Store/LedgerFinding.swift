public import Diagnostics
import Ledger

/// Something in the ledger that cannot be as it is: named by its entry or its certificate.
public struct LedgerFinding: Sendable, Equatable {
    public let failure: CheckFailure
    /// The entry of the audit chain.
    public let sequence: Int64?
    /// The serial number's octets.
    public let serial: [UInt8]?

    public init(_ code: ErrorCode, _ message: String, sequence: Int64? = nil, serial: [UInt8]? = nil) {
        failure = CheckFailure(code, message)
        self.sequence = sequence
        self.serial = serial
    }
}

/// A place in the audit chain: the number of an entry and its hash.
public struct LedgerPosition: Sendable, Equatable {
    /// 0 stands for the place before the first entry.
    public let sequence: Int64
    /// 32 octets.
    public let hash: [UInt8]

    public init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    /// The place before the first entry.
    public static let origin = LedgerPosition(sequence: 0, hash: AuditEvent.origin)
}

/// What the audit chain and the ledger say of each other.
public struct LedgerVerdict: Sendable, Equatable {
    /// The most findings that are kept; ``findingCount`` counts them all.
    public static let findingLimit = 1_000

    public internal(set) var head = LedgerPosition.origin
    /// When the last entry was written, seconds since 1970; `nil` without entries.
    public internal(set) var headTime: Int64?
    /// Entries of the audit chain.
    public internal(set) var entries: Int64 = 0
    /// Certificates in the ledger.
    public internal(set) var certificates: Int64 = 0
    /// Intents without a certificate.
    public internal(set) var intents: Int64 = 0
    /// Certificates and intents of CAs that the caller did not name, whose rules were not applied to them.
    public var ofOtherAuthorities: Int64 = 0
    public private(set) var findings: [LedgerFinding] = []
    public private(set) var findingCount = 0

    public init() {}

    /// Whether nothing was found.
    public var isSound: Bool { findingCount == 0 }

    public mutating func add(_ finding: LedgerFinding) {
        findingCount += 1
        if findings.count < Self.findingLimit { findings.append(finding) }
    }
}
