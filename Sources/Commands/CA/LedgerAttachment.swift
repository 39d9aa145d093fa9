import Diagnostics
import InputOutput
import Store

/// `ca ledger attach` at work.
struct LedgerAttachment {
    private let folder: CAFolder
    /// As it was given.
    private let store: String
    private let shared: LedgerPlace?
    /// What this CA and all CAs have in the store.
    private let share: (own: Int64, all: Int64)
    private let now: Int64
    private let move: LedgerMove

    init(
        _ folder: CAFolder, authority: [UInt8], store: String, ledger: String?, at now: Int64
    ) throws(ToolError) {
        self.folder = folder
        self.store = store
        self.now = now
        try LedgerPlace.refuseDatabaseURL(store, what: "a store of the first version")
        shared = try ledger.map(LedgerPlace.named)
        share = try LedgerMove.share(of: authority, in: store)
        guard share.own > 0 || share.all == 0 else {
            throw ToolError(
                .ledgerMismatch,
                "the store holds nothing that this CA issued, and certificates and CRLs of others: \(share.all)",
                context: [.init("file", store.escapedForTerminal)],
                hint:
                    "name the store that this CA issued with; if it never issued, say --never-issued instead")
        }
        move = try LedgerMove(store: store)
    }

    /// - Returns: what was done, in words.
    func run() throws(ToolError) -> String {
        if folder.hasDocument { return try confirm() }
        // Not ledgerFile: what ca.json will say has to hold wherever the command runs.
        let own = CAFolder(path: try FileSystem.realPath(folder.path)).ledgerFile
        LedgerMove.clean(own)
        if shared == nil, try move.destination() == nil {
            guard FileSystem.kind(of: own) == nil else { throw folder.foreignLedger }
            try move.begin(try FileID.random(), at: own, time: now)
        }
        Rehearsal.folderStep()
        guard var destination = try move.destination() else {
            throw ToolError(
                .ledgerMismatch,
                "nothing of the store is in a ledger yet: expected to be run without --ledger",
                context: [.init("file", store.escapedForTerminal)])
        }
        if !destination.isComplete { destination = try complete(destination, own) }
        let place = shared ?? LedgerPlace(path: destination.path, id: destination.id)
        guard place.id == destination.id else { throw mismatch(place.id, destination.id) }
        do throws(ToolError) {
            _ = try place.open(.readOnly)
        } catch {
            throw ToolError(
                error.code, error.message, context: error.context,
                hint:
                    "the certificates of the store went there; put the ledger back, or say with --ledger where it is"
            )
        }
        try folder.write(try folder.document(of: place))
        Rehearsal.folderStep()
        return share.all == 0
            ? "the store holds no certificates: the ledger begins empty"
            : "certificates and CRLs in the ledger: \(share.own) of this CA, \(share.all) of all CAs of the store"
    }

    /// Makes the ledger that the store was told of, or finds it made.
    private func complete(
        _ destination: LedgerMove.Destination, _ own: String
    ) throws(ToolError) -> LedgerMove.Destination {
        var path = destination.path
        if path != own {
            guard FileSystem.kind(of: CAFolder.parent(of: path)) == nil else {
                throw ToolError(
                    .ledgerMismatch, "the ledger of another CA of this store is half-made",
                    context: [.init("file", path.escapedForTerminal)],
                    hint: "run assay ca ledger attach for the folder of that CA first")
            }
            // The folder was renamed since.
            try move.redirect(to: own)
            path = own
        }
        if FileSystem.kind(of: path) == nil { try move.makeLedger(destination.id, at: path) }
        Rehearsal.folderStep()
        _ = try LedgerPlace(path: path, id: destination.id).open(.readOnly)
        try move.complete()
        Rehearsal.folderStep()
        guard let destination = try move.destination() else {
            throw ToolError(.internalFault, "the store forgot where its certificates went")
        }
        return destination
    }

    /// A CA that has its ledger: is it what became of this store?
    private func confirm() throws(ToolError) -> String {
        let place = try folder.ledger()
        guard let destination = try move.destination(), destination.id == place.id else {
            throw ToolError(
                .ledgerMismatch, "the CA has its ledger, \(place.id), and it is not out of this store",
                context: [.init("file", store.escapedForTerminal)],
                hint: "nothing was changed; assay ca show tells which ledger it is")
        }
        _ = try place.open(.readOnly)
        return "the CA has its ledger already; nothing was changed"
    }

    private func mismatch(_ found: FileID, _ expected: FileID) -> ToolError {
        ToolError(
            .ledgerMismatch,
            "expected the ledger \(expected), where the certificates of the store went, found the ledger \(found)",
            context: [.init("file", store.escapedForTerminal)],
            hint: "name the CA that was attached with this store before")
    }
}
