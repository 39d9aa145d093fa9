import DeviceIdentity
public import Diagnostics
import Ledger
import SQLite

extension SQLiteStore {
    /// Follows the audit chain from its beginning, compares it with the tables in both directions and, where one is
    /// given, with a place that was known before.
    ///
    /// All of it is read from one state of the file, also while another process writes.
    ///
    /// - Parameters:
    ///   - checkpoint: an entry and its hash that have to be there, from a checkpoint that was verified.
    ///   - includesContents: whether the rows are held against what stands in the certificates; `false` where the
    ///     caller does that.
    public func verifyLedger(
        checkpoint: LedgerPosition? = nil, includesContents: Bool = true
    ) throws(ToolError) -> LedgerVerdict {
        try snapshot { () throws(SQLiteError) in
            var verdict = LedgerVerdict()
            var chain = ChainCheck()
            var rows = try RowCheck(self, includesContents: includesContents)
            var contradictions: [LedgerFinding] = []
            var known = checkpoint?.sequence == 0 ? AuditEvent.origin : nil
            try forEachEntry { event throws(SQLiteError) in
                let isWhole = chain.take(event)
                verdict.entries += 1
                verdict.headTime = event.at
                if event.sequence == checkpoint?.sequence { known = event.hash }
                let found = try rows.check(event, isWhole: isWhole)
                if contradictions.count <= LedgerVerdict.findingLimit { contradictions += found }
            }
            verdict.head = chain.head
            for finding in chain.drain() { verdict.add(finding) }
            if let checkpoint, let finding = Self.compare(known, checkpoint, head: chain.head) {
                verdict.add(finding)
            }
            for finding in contradictions { verdict.add(finding) }
            try rows.finish(&verdict)
            for finding in try SchemaCheck.findings(self) { verdict.add(finding) }
            return verdict
        }
    }

    private static func compare(
        _ known: [UInt8]?, _ checkpoint: LedgerPosition, head: LedgerPosition
    ) -> LedgerFinding? {
        let number = checkpoint.sequence
        guard let known else {
            guard head.sequence < number else {
                return LedgerFinding(
                    .digest, "entry \(number) of the checkpoint is missing", sequence: number)
            }
            let first = head.sequence + 1
            let what = first == number ? "entry \(number) was" : "entries \(first)…\(number) were"
            return LedgerFinding(
                .digest, "\(what) cut off: the checkpoint knows entry \(number)", sequence: first)
        }
        if known == checkpoint.hash { return nil }
        return LedgerFinding(
            .digest, "entry \(number) or one before it is not the one of the checkpoint",
            sequence: number)
    }

    /// Runs `body`, which only reads, on one state of the file.
    func snapshot<Value>(_ body: () throws(SQLiteError) -> Value) throws(ToolError) -> Value {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            try connection.execute("BEGIN")
            defer { try? connection.execute("END") }
            return try body()
        }
    }
}
