/// The exit statuses of `assay`: a contract with the scripts that call it.
public enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case rejected = 1
    case usage = 2
    case partial = 3
    case malformed = 4
    case localTrouble = 5
    case service = 6
    case fault = 70
    case interrupted = 130

    /// One line for the man page, the README and `--help`.
    public var meaning: String {
        switch self {
        case .done: "done; every answer was yes"
        case .rejected:
            "the answer is no: a signature, digest, claim, certificate or policy check rejected the input"
        case .usage: "wrong usage"
        case .partial:
            "partly done: of several inputs some were rejected, malformed or failed; the results say which"
        case .malformed: "the input is malformed: it could not be read as what it should be"
        case .localTrouble:
            "local trouble: missing file, permission, would overwrite, disk full, wrong passphrase, store locked"
        case .service: "the service refused, was unreachable or broke its contract"
        case .fault: "a fault in assay"
        case .interrupted: "interrupted"
        }
    }
}
