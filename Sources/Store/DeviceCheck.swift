import Attestation
import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import Registry
import SQLite

/// Compares what entries say of devices with the registry: each device, its evidence and its tokens are what the last
/// entries about it say, and there are no others.
struct DeviceCheck {
    /// What does not agree and may be explained by a later entry: a device that is removed has no rows.
    private struct Open {
        var device: LedgerFinding?
        var evidence: LedgerFinding?
        var tokens: LedgerFinding?

        var findings: [LedgerFinding] { [device, evidence, tokens].compactMap { $0 } }
    }

    /// What an older entry says of a key, until one that says more pins it.
    private struct EarlyTrust {
        let sequence: Int64
        let keyID: [UInt8]
        let isTrusted: Bool
    }

    private let store: SQLiteStore
    private var evidence: CoveredRows
    private var tokens: CoveredRows
    private var early: [DeviceUUID: EarlyTrust] = [:]
    private var open: [DeviceUUID: Open] = [:]
    private var vouched = RowMarks()

    init(_ store: SQLiteStore) throws(SQLiteError) {
        self.store = store
        evidence = try CoveredRows(
            """
            SELECT evidence.seq, uuid, how, at, input_digest, evidence.profile
            FROM evidence LEFT JOIN device ON device.id = evidence.device ORDER BY evidence.seq, evidence.id
            """, store)
        tokens = try CoveredRows("SELECT seq, uuid, digest, text, at FROM token ORDER BY seq, digest", store)
    }

    // MARK: Entries

    /// An entry from before schema version 5.
    mutating func trust(
        _ device: DeviceUUID, _ keyID: [UInt8], _ isTrusted: Bool, _ sequence: Int64
    ) -> LedgerFinding? {
        defer { early[device] = EarlyTrust(sequence: sequence, keyID: keyID, isTrusted: isTrusted) }
        guard let before = early[device], before.keyID != keyID || before.isTrusted && !isTrusted else {
            return nil
        }
        return Self.notSaid(device, before.sequence)
    }

    mutating func check(_ entry: DeviceEntry, _ sequence: Int64) throws(SQLiteError) -> [LedgerFinding] {
        let device = entry.device
        var findings: [LedgerFinding] = []
        let before = early.removeValue(forKey: device)
        if let before {
            let isKept =
                entry.key?.keyID == before.keyID && (entry.key?.isTrusted == true || !before.isTrusted)
            if !isKept, entry.replaced != before.keyID {
                findings.append(Self.notSaid(device, before.sequence))
            }
        } else if entry.isPin, entry.key?.isTrusted == true {
            findings.append(Self.untrusted(device))
        }
        if entry.replaced != nil {
            open[device]?.evidence = nil
            findings += try leftovers("evidence", of: device, before: sequence)
        }
        var state = open[device] ?? Open()
        state.device = try checkRow(entry, sequence)
        if let finding = try checkEvidence(entry, sequence, &findings) { state.evidence = finding }
        if let finding = try checkTokens(entry, sequence, &findings) { state.tokens = finding }
        open[device] = state.findings.isEmpty ? nil : state
        return findings
    }

    mutating func remove(_ device: DeviceUUID, _ sequence: Int64) throws(SQLiteError) -> [LedgerFinding] {
        early[device] = nil
        open[device] = nil
        let select = try store.statement("SELECT 1 FROM device WHERE uuid = ? AND (seq IS NULL OR seq < ?)")
        try select.bind(.blob(device.bytes), .integer(sequence))
        defer { select.reset() }
        var findings = try leftovers("evidence", of: device, before: sequence)
        findings += try leftovers("tokens", of: device, before: sequence)
        if try select.step() {
            findings.append(
                LedgerFinding(
                    .digest, "device \(device) is in the registry, entry \(sequence) removed it",
                    sequence: sequence))
        }
        return findings
    }

    // MARK: Rows

    /// Rows that no entry vouches for, and entries whose rows are gone.
    mutating func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        for (device, before) in early.sorted(by: { $0.value.sequence < $1.value.sequence }) {
            verdict.add(Self.notSaid(device, before.sequence))
        }
        let left = open.values.flatMap(\.findings).sorted { ($0.sequence ?? 0) < ($1.sequence ?? 0) }
        for finding in left { verdict.add(finding) }
        let select = try store.connection.prepare("SELECT id, uuid, trust FROM device ORDER BY uuid")
        while try select.step() {
            guard !vouched.contains(select.integer(0)), let device = DeviceUUID(bytes: select.blob(1)[...]),
                open[device] == nil
            else { continue }
            verdict.add(
                select.integer(2) == 1
                    ? Self.untrusted(device)
                    : LedgerFinding(.digest, "no entry of the audit chain registers device \(device)"))
        }
        try evidence.rest { verdict.add(Self.stray("evidence", $0)) }
        try tokens.rest { verdict.add(Self.stray("a token", $0)) }
    }

    /// `nil` also where a later entry has to agree.
    private mutating func checkRow(
        _ entry: DeviceEntry, _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        let select = try store.statement(
            "SELECT id, seq, imei, registered_at, point, trust, profile, key_since FROM device WHERE uuid = ?"
        )
        try select.bind(.blob(entry.device.bytes))
        defer { select.reset() }
        guard try select.step() else {
            return LedgerFinding(
                .digest, "device \(entry.device) of entry \(sequence) is missing from the registry",
                sequence: sequence)
        }
        if select.integer(1) > sequence { return nil }
        guard select.integer(1) == sequence, Self.state(select, of: entry.device) == entry.state else {
            return Self.notSaid(entry.device, sequence)
        }
        vouched.insert(select.integer(0))
        return nil
    }

    /// What a row says, as an entry would; of a point that is no key it says something that no entry does.
    private static func state(_ row: Statement, of device: DeviceUUID) -> DeviceEntry {
        var entry = DeviceEntry(
            device: device, imei: row.isNull(2) ? nil : row.text(2), registeredAt: row.integer(3))
        if !row.isNull(4) || !row.isNull(5) || !row.isNull(6) || !row.isNull(7) {
            let isKey = !row.isNull(5) && (0...1).contains(row.integer(5)) && !row.isNull(7)
            entry.key = .init(
                keyID: isKey ? P256PublicKey(x963: row.blob(4)[...])?.kid ?? [] : [],
                isTrusted: row.integer(5) == 1, profile: row.isNull(6) ? nil : row.text(6),
                since: row.integer(7))
        }
        return entry
    }

    private mutating func checkEvidence(
        _ entry: DeviceEntry, _ sequence: Int64, _ findings: inout [LedgerFinding]
    ) throws(SQLiteError) -> LedgerFinding? {
        var found: [Evidence?] = []
        var strays: [LedgerFinding] = []
        try evidence.take(
            sequence,
            { row in found.append(row.blob(1) == entry.device.bytes ? Self.evidence(row) : nil) },
            stray: { strays.append(Self.stray("evidence", $0)) })
        findings += strays
        if found.allSatisfy({ $0 != nil }), found.compactMap(\.self).inOrder == entry.evidence.inOrder {
            return nil
        }
        return LedgerFinding(
            .digest, "the evidence for the key of device \(entry.device) is not what entry \(sequence) says",
            sequence: sequence)
    }

    /// `nil` for what no entry says.
    private static func evidence(_ row: Statement) -> Evidence? {
        let profile = SigningProfile(rawValue: row.text(5))
        guard let how = Evidence.How(rawValue: row.text(2)), row.isNull(5) == (profile == nil) else {
            return nil
        }
        return Evidence(
            how: how, at: row.integer(3), inputDigest: row.isNull(4) ? nil : row.blob(4), profile: profile)
    }

    private mutating func checkTokens(
        _ entry: DeviceEntry, _ sequence: Int64, _ findings: inout [LedgerFinding]
    ) throws(SQLiteError) -> LedgerFinding? {
        var found: [DeviceEntry.Token?] = []
        var strays: [LedgerFinding] = []
        try tokens.take(
            sequence,
            { row in
                let digest = row.blob(2)
                let isOwn = row.blob(1) == entry.device.bytes && Digest.sha256(row.blob(3)) == digest
                found.append(isOwn ? .init(digest: digest, at: row.integer(4)) : nil)
            }, stray: { strays.append(Self.stray("a token", $0)) })
        findings += strays
        if found == entry.tokens { return nil }
        return LedgerFinding(
            .digest, "the tokens of device \(entry.device) are not what entry \(sequence) says",
            sequence: sequence)
    }

    /// Rows of a time before the device was removed or its key replaced.
    private func leftovers(
        _ what: String, of device: DeviceUUID, before sequence: Int64
    ) throws(SQLiteError) -> [LedgerFinding] {
        let select = try store.statement(
            what == "evidence"
                ? """
                SELECT 1 FROM evidence
                WHERE device = (SELECT id FROM device WHERE uuid = ?) AND (seq IS NULL OR seq < ?)
                """ : "SELECT 1 FROM token WHERE uuid = ? AND (seq IS NULL OR seq < ?)")
        try select.bind(.blob(device.bytes), .integer(sequence))
        defer { select.reset() }
        guard try select.step() else { return [] }
        return [
            LedgerFinding(
                .digest, "there are \(what) of device \(device) that entry \(sequence) removed",
                sequence: sequence)
        ]
    }

    // MARK: Findings

    private static func notSaid(_ device: DeviceUUID, _ sequence: Int64) -> LedgerFinding {
        LedgerFinding(
            .digest, "device \(device) in the registry is not what entry \(sequence) says", sequence: sequence
        )
    }

    private static func untrusted(_ device: DeviceUUID) -> LedgerFinding {
        LedgerFinding(.digest, "no entry of the audit chain trusts the key of device \(device)")
    }

    private static func stray(_ what: String, _ row: Statement) -> LedgerFinding {
        let device = DeviceUUID(bytes: row.blob(1)[...])?.description ?? "that is not registered"
        return LedgerFinding(.digest, "no entry of the audit chain vouches for \(what) of device \(device)")
    }
}

extension [Evidence] {
    /// In an order that does not depend on the numbers of the rows, which mean nothing.
    fileprivate var inOrder: [Evidence] {
        func key(_ evidence: Evidence) -> [UInt8] {
            var key: [UInt8] = evidence.inputDigest ?? []
            key.append(bigEndian: evidence.at)
            key += "\(evidence.how.rawValue) \(evidence.profile?.rawValue ?? "")".utf8
            return key
        }
        return sorted { key($0).lexicographicallyPrecedes(key($1)) }
    }
}

extension DeviceEntry {
    /// How the device's row has to be.
    fileprivate var state: DeviceEntry {
        var state = DeviceEntry(device: device, imei: imei, registeredAt: registeredAt)
        state.key = key
        return state
    }
}
