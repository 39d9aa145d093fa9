// Module Store: what Assay keeps. All SQL is here; above it there are typed values and two narrow protocols, so
// that another engine can take SQLite's place.

import Diagnostics
import SQLite

/// Turns SQLite's errors into the one that is shown.
func storeError(_ doing: String, _ path: String, _ error: SQLiteError) -> ToolError {
    let (code, hint): (ErrorCode, String?) =
        switch error.kind {
        case .busy:
            (.locked, "another process is writing to the store; run the command again when it is done")
        case .diskFull: (.io, "free some space and run the command again; what was reported as done is kept")
        case .readOnly: (.io, "the store is read-only; check the permissions of the file and of its folder")
        case .cannotOpen: (.io, "check the path and the permissions of the file and of its folder")
        case .notADatabase: (.io, "expected an Assay store; choose another file with --store")
        default: (.io, nil)
        }
    return ToolError(
        code, "\(doing): \(error.message)", context: [.init("file", path.escapedForTerminal)], hint: hint)
}
