import CertificateAuthority
import Diagnostics
import InputOutput
import Issuance
import PKIX

/// `--out-dir`: one file for each certificate.
///
/// The files of a group of results get their names together, when all of them are on disk.
final class CertificateFolder {
    private let path: String
    private let replaces: Bool
    /// Whether it was made for this run: it goes again if it stays empty.
    private let isNew: Bool
    private let group: NewFileGroup
    /// What is in the files that are still to be named, and the results they belong to.
    private var staged: [String: (pem: [UInt8], results: [Int])] = [:]

    /// Makes the folder if it is missing.
    init(path: String, replaces: Bool) throws(ToolError) {
        self.path = path
        self.replaces = replaces
        switch FileSystem.kind(of: path) {
        case nil:
            try FileSystem.makeFolder(path)
            isNew = true
        case .folder: isNew = false
        case .file, .other:
            throw ToolError(
                .io, "expected a folder, found a file", context: [.init("file", path.escapedForTerminal)])
        }
        group = try NewFileGroup(folder: path, replaces: replaces)
    }

    deinit {
        group.abandon()
        if isNew { FileSystem.removeEmptyFolder(path) }
    }

    /// Writes the files of a group of results; says, by their places, which have none and why.
    func write(_ reports: [IssuanceReport], chain: [UInt8]) -> [Int: CheckFailure] {
        var failures: [Int: CheckFailure] = [:]
        for (place, report) in reports.enumerated() where report.status != .rejected {
            failures[place] = write(report, chain: chain, as: place)
        }
        return failures.merging(settle()) { first, _ in first }
    }

    /// Writes the certificate of a result, if it has one; says why it could not. The file has its name after ``settle()``.
    ///
    /// A file that holds this very certificate already is left as it is: a run that is repeated finds its own files.
    /// - Parameter number: what the result is called then.
    func write(_ report: IssuanceReport, chain: [UInt8], as number: Int) -> CheckFailure? {
        guard let name = report.fileName, let certificate = report.certificate else { return nil }
        let pem = PEMWriter.encode(label: "CERTIFICATE", der: certificate.der) + chain
        do throws(ToolError) {
            if let other = staged[name] {
                if other.pem == pem {
                    staged[name]?.results.append(number)
                    return nil
                }
                guard replaces else { throw group.nameIsTaken(name) }
            } else if !replaces, let present = group.content(of: name) {
                if present == pem { return nil }
                throw group.nameIsTaken(name)
            }
            try group.write(pem, as: name)
            staged[name] = (pem, (staged[name]?.results ?? []) + [number])
            return nil
        } catch {
            return failure(name, error)
        }
    }

    /// Gives the files their names; says, by the numbers of the results, which have none and why.
    func settle() -> [Int: CheckFailure] {
        defer { staged = [:] }
        var failures: [Int: CheckFailure] = [:]
        for (name, error) in group.commit() {
            for number in staged[name]?.results ?? [] { failures[number] = failure(name, error) }
        }
        return failures
    }

    private func failure(_ name: String, _ error: ToolError) -> CheckFailure {
        CheckFailure(error.code, "\(group.path(of: name).escapedForTerminal): \(error.message)")
    }
}
