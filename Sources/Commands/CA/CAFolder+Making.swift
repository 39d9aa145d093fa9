import CertificateAuthority
import Diagnostics
import InputOutput
import PKIX
import Store

extension CAFolder {
    /// Writes a new CA whose certificate is there already.
    ///
    /// - Parameter shared: the ledger of another CA, which this one shall use too.
    func create(
        chain: [[UInt8]], keyPEM: [UInt8], profiles: ProfileSet = .standard, sharing shared: LedgerPlace?
    ) throws(ToolError) -> LedgerPlace {
        try create(keyPEM: keyPEM, profiles: profiles, sharing: shared) { chain }
    }

    /// Writes a new CA: the profiles, the ledger and its name, the key, then, when all that is on disk, the certificates.
    /// What fails leaves nothing behind.
    ///
    /// - Parameters:
    ///   - shared: the ledger of another CA, which this one shall use too.
    ///   - certify: makes the certificates, the CA's own first; called when they are all that is missing.
    func create(
        keyPEM: [UInt8], profiles: ProfileSet = .standard, sharing shared: LedgerPlace?,
        certify: () throws(ToolError) -> [[UInt8]]
    ) throws(ToolError) -> LedgerPlace {
        let isNew = FileSystem.kind(of: path) == nil
        if isNew { try FileSystem.makeFolder(path) }
        var written: [String] = []
        do {
            Rehearsal.folderStep()
            if try prepareProfiles(profiles) { written.append(profilesFile) }
            Rehearsal.folderStep()
            if shared == nil { written += [ledgerFile, ledgerFile + "-wal", ledgerFile + "-shm"] }
            let document = if let shared { try document(of: shared) } else { try makeLedger() }
            Rehearsal.folderStep()
            try write(document)
            written.append(documentFile)
            Rehearsal.folderStep()
            try NewFile.write(keyPEM, to: keyFile, mode: .ownerOnly, replaces: false)
            written.append(keyFile)
            Rehearsal.folderStep()
            let pem = try certify().flatMap { PEMWriter.encode(label: "CERTIFICATE", der: $0) }
            try NewFile.write(pem, to: certificateFile, replaces: false)
            Rehearsal.folderStep()
            return place(document)
        } catch {
            for file in written { FileSystem.removeFile(file) }
            if isNew { FileSystem.removeEmptyFolder(path) }
            throw error
        }
    }

    /// Makes the ledger of this CA alone.
    private func makeLedger() throws(ToolError) -> CADocument {
        let id = try FileID.random()
        if !Self.exists(ledgerFile) {
            // The log of a ledger that is gone is none of a new one.
            for end in ["-wal", "-shm"] { FileSystem.removeFile(ledgerFile + end) }
        }
        _ = try SQLiteStore(path: ledgerFile, access: .create, as: .ledger(id))
        return CADocument(ledger: "ledger.db", id: id)
    }

    /// How `ca.json` names a ledger that is there.
    func document(of place: LedgerPlace) throws(ToolError) -> CADocument {
        // Both without links, so that the way from one to the other holds.
        let ledger = try FileSystem.realPath(place.path)
        let folder = try FileSystem.realPath(path)
        return CADocument(ledger: FileSystem.relativePath(from: folder, to: ledger), id: place.id)
    }

    func write(_ document: CADocument) throws(ToolError) {
        try NewFile.write(document.bytes, to: documentFile, replaces: false)
    }

    // MARK: Folders of the first version

    var hasDocument: Bool { Self.exists(documentFile) }

    /// Asserts that the folder has a CA, with or without a ledger.
    func checkIsAttachable() throws(ToolError) {
        guard !hasDocument, Self.exists(certificateFile), Self.exists(keyFile) else {
            return try checkIsWhole()
        }
    }

    /// Makes an empty ledger for a CA that never issued anything.
    ///
    /// - Returns: what was done, in words.
    func beginLedger() throws(ToolError) -> String {
        if hasDocument {
            guard try ledger().open(.readOnly).content().isUnused else {
                throw ToolError(
                    .ledgerMismatch, "the CA has its ledger, and something was issued",
                    context: [.init("file", path.escapedForTerminal)], hint: "nothing was changed")
            }
            return "the CA has its ledger already; nothing was changed"
        }
        // A run that was killed leaves a ledger without a name: it is gone on with, if nothing is in it.
        guard ledgerIsUnused else { throw foreignLedger }
        let id = try FileID.random()
        let found = Self.exists(ledgerFile) && FileSystem.size(of: ledgerFile) != 0
        let made = try SQLiteStore(
            path: ledgerFile, access: found ? .readWrite : .create, as: found ? .anyLedger : .ledger(id))
        Rehearsal.folderStep()
        try write(CADocument(ledger: "ledger.db", id: made.identity?.id ?? id))
        return "the CA has an empty ledger"
    }

    /// A `ledger.db` whose origin nobody knows.
    var foreignLedger: ToolError {
        ToolError(
            .wouldOverwrite, "there is a ledger.db in the folder, and no ca.json that says whose it is",
            context: [.init("file", ledgerFile.escapedForTerminal)],
            hint: "if it is this CA's, restore ca.json from a backup; otherwise move it away")
    }

    /// The folder of a file.
    static func parent(of path: String) -> String {
        path.utf8.lastIndex(of: 0x2f).map { String(path[..<$0]) } ?? "."
    }
}
