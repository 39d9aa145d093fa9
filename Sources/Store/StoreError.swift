// Module Store: what Assay keeps. All SQL is here; above it there are typed values and two narrow protocols, so
// that another engine can take SQLite's place.

import Diagnostics
import SQLite

/// Turns SQLite's errors into the one that is shown.
///
/// - Parameter role: what the file was taken for.
func storeError(
    _ doing: String, _ path: String, _ error: SQLiteError, _ role: FileRole = .store
) -> ToolError {
    let noun = role.noun
    let (code, hint): (ErrorCode, Hint?) =
        switch error.kind {
        case .busy:
            (.locked, "another process is writing to the \(noun); run the command again when it is done")
        case .diskFull: (.io, "free some space and run the command again; what was reported as done is kept")
        case .readOnly: (.io, "the \(noun) is read-only; check the permissions of the file and of its folder")
        case .cannotOpen: (.io, "check the path and the permissions of the file and of its folder")
        case .notADatabase: (.io, role.hintForOtherFile)
        default: (.io, nil)
        }
    return ToolError(
        code, "\(doing): \(error.message)", context: [.init("file", path.escapedForTerminal)], hint: hint)
}

extension FileRole {
    /// What to do about a file that is something else.
    var hintForOtherFile: Hint {
        isLedger
            ? "put the CA's own ledger back, from a backup if need be; ca.json in the CA's folder names it"
            : .chooseOtherStore
    }
}
