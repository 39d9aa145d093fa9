import CertificateAuthority
import Diagnostics
import InputOutput
import Issuance
import Ledger
import PKIX
import Store

extension CAFolder {
    private static let documentLimit = 1 << 16

    /// The CA's ledger, as `ca.json` names it: from the folder on, wherever the command runs.
    ///
    /// - Throws: ``ToolError`` with `io` for a folder that is none of a CA, half-made or of the first version, `json` for
    ///   a `ca.json` that is not as it should be.
    func ledger() throws(ToolError) -> LedgerPlace {
        try checkIsWhole()
        return try place(document())
    }

    /// Asserts that the CA was not revoked itself: a ledger that it shares with the one above it knows that.
    ///
    /// - Throws: ``ToolError`` with `revoked`.
    func demandStanding(_ issuer: Issuer, in ledger: any IssuanceLedger) throws(ToolError) {
        do throws(ToolError) {
            try ledger.demandStanding(issuer)
        } catch {
            throw error.at("file", path.escapedForTerminal)
        }
    }

    /// Asserts that the CA did not issue into its ledger under another spelling of its name.
    ///
    /// - Throws: ``ToolError`` with `ledger-mismatch`.
    static func demandOneSpelling(of certificate: [UInt8], in ledger: SQLiteStore) throws(ToolError) {
        guard let failure = try ledger.otherSpelling(ofAuthority: certificate) else { return }
        throw ToolError(
            failure.code, failure.message, context: [.init("file", ledger.path.escapedForTerminal)],
            hint: failure.hint)
    }

    func place(_ document: CADocument) -> LedgerPlace {
        let ledger = document.ledger.hasPrefix("/") ? document.ledger : file(document.ledger)
        // It may be opened after the results are.
        FileRegister.keep(ledger, as: .ledger)
        return LedgerPlace(path: ledger, id: document.id)
    }

    func document() throws(ToolError) -> CADocument {
        let bytes = try ByteSource.contents(of: documentFile, limit: Self.documentLimit)
        let document: CADocument
        do throws(ToolError) {
            document = try CADocument(parsing: bytes)
        } catch {
            throw ToolError(
                error.code, error.message.escapedForTerminal,
                context: [.init("file", documentFile.escapedForTerminal)] + error.context,
                hint: "nothing was signed; restore ca.json from a backup, man assay-formats describes it")
        }
        do throws(ToolError) {
            try LedgerPlace.refuseDatabaseURL(document.ledger, what: "a ledger")
        } catch {
            throw error.at("file", documentFile.escapedForTerminal)
        }
        return document
    }

    /// Asserts that the folder has all of a CA.
    ///
    /// - Throws: ``ToolError`` with code `io`.
    func checkIsWhole() throws(ToolError) {
        let context = [ToolError.Context("file", path.escapedForTerminal)]
        let kind = FileSystem.kind(of: path)
        guard kind == .folder || kind == nil else {
            throw ToolError(
                .io, "expected the folder of a CA, found a file", context: context,
                hint:
                    "the folder has the key and names the ledger; a certificate alone is enough to verify, not to issue"
            )
        }
        let (hasCertificate, hasKey) = (Self.exists(certificateFile), Self.exists(keyFile))
        if hasCertificate, hasKey {
            guard Self.exists(documentFile) else { throw ofFirstVersion }
            return
        }
        if leftovers.isEmpty, !hasCertificate {
            throw ToolError(
                .io, "expected a CA folder with ca.crt and ca.key, found neither", context: context,
                hint: "assay ca init makes one")
        }
        throw halfMade
    }

    /// Asserts that a new CA may be made here: nothing there, or a folder without a CA.
    func checkIsFree() throws(ToolError) {
        switch FileSystem.kind(of: path) {
        case nil: return
        case .folder: break
        case .file, .other:
            throw ToolError(
                .wouldOverwrite, "expected a folder or nothing, found a file",
                context: [.init("file", path.escapedForTerminal)])
        }
        let (hasCertificate, hasKey) = (Self.exists(certificateFile), Self.exists(keyFile))
        if !hasCertificate, leftovers.isEmpty { return }
        guard hasCertificate, hasKey else { throw halfMade }
        throw ToolError(
            .wouldOverwrite, "the folder holds a CA", context: [.init("file", path.escapedForTerminal)],
            hint: "choose another folder; a CA is never replaced")
    }

    /// A folder as versions before `ca.json` made it.
    private var ofFirstVersion: ToolError {
        ToolError(
            .io, "the CA folder is of the first version: ca.json is missing, which names the ledger",
            context: [.init("file", path.escapedForTerminal)],
            hint:
                "assay ca ledger attach \(path.escapedForTerminal) --store OLD.db, with the store that it issued with"
        )
    }

    /// What a run of `ca init` that did not come to its end may leave, besides profiles.
    private var leftovers: [String] {
        ["ca.json", "ca.key", "ledger.db"].filter { Self.exists(file($0)) }
    }

    static func exists(_ path: String) -> Bool {
        FileSystem.kind(of: path) != nil || FileSystem.isLink(path)
    }

    var halfMade: ToolError {
        if Self.exists(certificateFile) {
            return halfMade(
                "ca.crt is there, ca.key is missing", "put the key of this certificate there, mode 0600")
        }
        let found = leftovers.joined(separator: ", ")
        let message = "\(found) \(leftovers.count == 1 ? "is" : "are") there, ca.crt is missing"
        guard ledgerIsUnused else {
            return halfMade(message, "the ledger has entries: this was a CA; put its ca.crt back")
        }
        return halfMade(
            message,
            .text(
                "an interrupted assay ca init or import leaves this; remove \(found) and run it again. With --issuer, revoke "
                    + "first what assay ca list --ca ISSUER --profile ca:intermediate shows of it. If this was a CA that "
                    + "issued, put its ca.crt back instead"))
    }

    private func halfMade(_ message: String, _ hint: Hint) -> ToolError {
        ToolError(
            .io, "the CA folder is half-made: " + message, context: [.init("file", path.escapedForTerminal)],
            hint: hint)
    }

    /// Whether no ledger stands here, or one in which nothing ever happened.
    var ledgerIsUnused: Bool {
        guard Self.exists(ledgerFile) else { return true }
        do {
            return try SQLiteStore(path: ledgerFile, access: .readOnly, as: .anyLedger).content().isUnused
        } catch {
            // A run that was killed leaves an empty file.
            return FileSystem.size(of: ledgerFile) == 0
        }
    }
}
