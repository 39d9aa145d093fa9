import Batches
import CSV
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput

/// What `claim check` and `claim pack` do with rows in order: duplicates, the count, and the files beside the results.
final class ClaimDelivery {
    private(set) var tally = ClaimTally()

    private let names: SourceNames
    private let tellsAll: Bool
    private let json: Bool
    private let rejects: RejectsFile?
    private let table: ReportTable?
    private let packer: ClaimPacker?
    private var devices = DeviceIndex()

    /// - Parameter tellsAll: whether rows that are ready have results too.
    init(
        names: SourceNames, tellsAll: Bool, json: Bool, rejects: RejectsFile?, table: ReportTable?,
        packer: ClaimPacker? = nil
    ) {
        self.names = names
        self.tellsAll = tellsAll
        self.json = json
        self.rejects = rejects
        self.table = table
        self.packer = packer
    }

    var settlement: Settlement<JudgedRow> {
        Settlement { [self] rows throws(ToolError) in
            for index in rows.indices { try settle(&rows[index]) }
            return true
        }
    }

    private func settle(_ row: inout JudgedRow) throws(ToolError) {
        switch row.content {
        case .rest(let bytes): try rejects?.continueRow(bytes)
        case .unreadable(let error):
            // What could be read, but as nothing we know, is one malformed row.
            if error.code == .io { tally.countUnreadable() } else { tally.count(.malformed) }
            let report = ClaimReport(
                unreadable: error, source: names[row.source], namesSource: names.areSeveral)
            // People read the error itself.
            if json { row.report = report }
            try table?.append(report)
        case .claim(let claim, let line): try settle(claim, line, &row)
        }
    }

    private func settle(
        _ claim: ExaminedClaim, _ line: ArraySlice<UInt8>, _ row: inout JudgedRow
    ) throws(ToolError) {
        let (name, several) = (names[row.source], names.areSeveral)
        let duplicate = claim.status == .ready ? duplicateFinding(claim, row.source) : nil
        let status = duplicate == nil ? claim.status : .duplicate
        tally.count(status, verified: claim.isVerified)
        if status != .ready { try rejects?.append(claim.raw, row.shape) }
        let place = status == .ready ? try packer?.add(line, claim, source: name) : nil
        if let table {
            try table.append(
                duplicate.map { ClaimReport(claim, duplicateOf: $0, source: name, namesSource: several) }
                    ?? ClaimReport(claim, source: name, namesSource: several))
        }
        if let duplicate {
            row.becomeDuplicate(
                ClaimReport(claim, duplicateOf: duplicate, source: name, namesSource: several))
        } else if packer != nil, tellsAll || status != .ready {
            row.report = ClaimReport(
                claim, source: name, namesSource: several,
                message: place.map { "packed as " + $0.named("line") })
        }
    }

    private func duplicateFinding(_ claim: ExaminedClaim, _ source: Int) -> ClaimFinding? {
        guard let device = claim.device else { return nil }
        let here = DeviceIndex.Occurrence(source: source, line: claim.line, fingerprint: claim.fingerprint)
        guard let first = devices.insert(device, here) else { return nil }
        return .duplicate(
            of: device, in: names[first.source], line: first.line,
            isSame: first.fingerprint == claim.fingerprint)
    }
}

extension ClaimFinding {
    /// What is wrong with a row whose device was in an earlier one.
    static func duplicate(
        of device: DeviceUUID, in source: SourceName, line: Int, isSame: Bool
    ) -> ClaimFinding {
        ClaimFinding(
            .rejected, .duplicateDevice,
            "device \(device) is in \(source.text):\(line) already, "
                + (isSame ? "with the same token" : "with another token"),
            hint: isSame
                ? "remove the row; a device is claimed once"
                : "keep the token that was read last; a device is claimed once")
    }
}

extension ExaminedClaim {
    var isVerified: Bool {
        if case .verified = verification { return true }
        return false
    }
}
