import ArgumentParser
import CertificateAuthority
import Diagnostics
import Store

/// `--ca` of commands that are about one CA's part of its ledger.
struct LedgerOptions: ParsableArguments {
    @Option(help: .init("The folder of the CA, which names its ledger.", valueName: "dir"))
    var ca: String?

    @OptionGroup(title: "Further options") var retired: RetiredStoreOption

    func validate() throws {
        if ca == nil { throw ValidationError("expected --ca, the folder of the CA, found none") }
    }

    /// Opens the CA's ledger.
    func open(_ access: SQLiteStore.Access) throws(ToolError) -> SQLiteStore {
        try CAFolder(path: ca ?? "").ledger().open(access)
    }

    /// What the CA is to its ledger: SHA-256 of its name and its key.
    func authority() throws(ToolError) -> [UInt8] { try knownAuthority().identity }

    /// The CA by its certificate.
    func knownAuthority() throws(ToolError) -> KnownAuthority {
        try CAFolder(path: ca ?? "").checkIsWhole()
        return try TrustedAuthority.read(ca ?? "")
    }
}

/// `--store` of commands that found the ledger by it in the first version: answered with what to say instead.
struct RetiredStoreOption: ParsableArguments {
    @Option(help: .hidden)
    var store: String?

    func validate() throws {
        if store != nil {
            throw ValidationError(
                "unexpected --store: a ledger belongs to its CA and is found by --ca; "
                    + "assay ca ledger attach moves it there from a store of the first version")
        }
    }
}

/// `--ca` of commands that hold a whole ledger against those who issue into it.
struct LedgerAuthorities {
    let place: LedgerPlace
    /// As they were given.
    let paths: [String]
    let known: [KnownAuthority]

    /// - Parameter paths: folders that all name one ledger, at least one, and certificate files.
    /// - Throws: ``ToolError`` with `ledger-mismatch` for a folder with another ledger.
    init(_ paths: [String]) throws(ToolError) {
        var place: LedgerPlace?
        var known: [KnownAuthority] = []
        for path in paths {
            if !TrustedAuthority.isFile(path) {
                let found = try CAFolder(path: path).ledger()
                if let place, place.id != found.id {
                    throw ToolError(
                        .ledgerMismatch,
                        "expected CAs with one ledger, found the ledgers \(place.id) and \(found.id)",
                        context: [.init("file", path.escapedForTerminal)],
                        hint: "run the command once for each ledger")
                }
                place = place ?? found
            }
            known.append(try TrustedAuthority.read(path))
        }
        guard let place else {
            throw ToolError(
                .io, "expected the folder of a CA with --ca, found certificate files alone",
                context: paths.first.map { [.init("file", $0.escapedForTerminal)] } ?? [],
                hint: "the folder names the ledger")
        }
        self.place = place
        self.paths = paths
        self.known = known
    }
}
