import CSV
import CertificateAuthority
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import Issuance
import OpenSSL
import PKIX

/// `--onboarding-csv`: one row for each certificate, as the service takes them, at most 1,000 in a file.
///
/// The first file has the name that was given; `x.csv` is followed by `x-0002.csv` and so on. None of them appears
/// before all rows are written.
final class OnboardingFile {
    private let path: String
    private let replaces: Bool
    /// All files, whole but for the last, none under its name yet.
    private var files: [NewFile]
    private var batch = ClaimBatch()
    private var writer = CSVWriter()
    /// The row of each device id.
    private var seen = DeviceIndex()
    /// The request of each device id that may be signed.
    private var admitted = DeviceIndex()

    /// - Parameter replaces: whether the files of an earlier run may be replaced (`--force`).
    /// - Throws: ``ToolError`` with `would-overwrite` or `io`.
    init(path: String, replaces: Bool) throws(ToolError) {
        self.path = path
        self.replaces = replaces
        files = [try NewFile(path: path, replaces: replaces)]
        // A second file would be taken for one of this run.
        let second = Self.name(path, 2)
        if !replaces, FileSystem.kind(of: second) != nil {
            throw ToolError(
                .wouldOverwrite, "the file exists", context: [.init("file", second.escapedForTerminal)],
                hint: "an earlier run left it; choose another name, or say --force to replace it")
        }
    }

    /// How many rows there are.
    private(set) var rows = 0

    /// Why the certificate of a request could have no row, asked before it is signed; `nil` if it can have one.
    ///
    /// To be asked once for each request, in their order.
    func objection(to item: VettedItem) -> CheckFailure? {
        let id: String
        let request: [UInt8]
        let line: Int
        switch item {
        case .candidate(let candidate):
            do {
                id = try OnboardingRow.deviceID(
                    candidate.request.subject.commonName, isP256: candidate.request.publicKey.p256 != nil,
                    expecting: candidate.request.deviceUUID?.description)
            } catch {
                return CheckFailure(error.code, "no onboarding row: \(error.message)")
            }
            (request, line) = (candidate.request.requestSHA256, candidate.origin.place)
        case .finished(let report):
            // What cannot have a row is told when its row is made.
            guard let certificate = report.certificate, let digest = report.requestSHA256,
                let row = try? OnboardingRow(issued: certificate.der, device: report.deviceUUID)
            else { return nil }
            (id, request, line) = (row.deviceID, digest, report.origin.place)
        }
        guard let key = Self.key(id),
            let first = admitted.insert(
                key, .init(source: 0, line: line, fingerprint: Self.fingerprint(request))),
            first.fingerprint != Self.fingerprint(request)
        else { return nil }
        return CheckFailure(
            .duplicateDevice,
            "no onboarding row: device \(id) is that of the request on line \(first.line) already")
    }

    /// The row of a certificate, to be added at once; `nil` when this very certificate has one.
    ///
    /// - Parameter device: the UUID that the certificate was issued to, where there is one.
    func row(_ certificate: [UInt8], device: DeviceUUID?) -> Result<OnboardingRow?, CheckFailure> {
        let row: OnboardingRow
        do {
            row = try OnboardingRow(issued: certificate, device: device)
        } catch {
            return .failure(CheckFailure(error.code, "no onboarding row: \(error.message)"))
        }
        let fingerprint = Self.fingerprint(Digest.sha256(certificate))
        if let first = first(row.deviceID, fingerprint) {
            if first.fingerprint == fingerprint { return .success(nil) }
            return .failure(
                CheckFailure(
                    .duplicateDevice,
                    "no onboarding row: device \(row.deviceID) is in row \(first.line) with another certificate"
                ))
        }
        return .success(row)
    }

    /// - Throws: ``ToolError`` with `would-overwrite` or `io` when a file cannot be written.
    func add(_ row: OnboardingRow) throws(ToolError) {
        if batch.isFull {
            try seal()
            batch.advance()
            files.append(try NewFile(path: Self.name(path, batch.number), replaces: replaces))
        }
        writer.removeAll()
        row.write(to: &writer)
        _ = batch.append(line: writer.bytes)
        rows += 1
    }

    /// Gives the files their names; what an earlier run has beyond them goes, because its rows are not of this run.
    func commit() throws(ToolError) {
        try seal()
        for file in files { try file.commit() }
        guard replaces else { return }
        var number = files.count + 1
        while FileSystem.kind(of: Self.name(path, number)) == .file {
            FileSystem.removeFile(Self.name(path, number))
            number += 1
        }
    }

    private func seal() throws(ToolError) {
        guard let file = files.last else { return }
        try file.write(batch.bytes)
        try file.seal()
    }

    /// Ids are compared by their digest: 16 bytes each, however long they are.
    private static func key(_ id: String) -> DeviceUUID? {
        DeviceUUID(bytes: Digest.sha256(Array(id.utf8))[..<16])
    }

    private static func fingerprint(_ digest: [UInt8]) -> UInt32 {
        digest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    private func first(_ id: String, _ fingerprint: UInt32) -> DeviceIndex.Occurrence? {
        guard let key = Self.key(id) else { return nil }
        return seen.insert(key, .init(source: 0, line: rows + 1, fingerprint: fingerprint))
    }

    /// `dir/x.csv` and 2 make `dir/x-0002.csv`.
    private static func name(_ path: String, _ number: Int) -> String {
        let leaf = path.utf8.lastIndex(of: 0x2f).map { path.utf8.index(after: $0) } ?? path.startIndex
        let dot = path.utf8.lastIndex(of: 0x2e).flatMap { $0 > leaf ? $0 : nil } ?? path.endIndex
        let digits = String(number)
        let padding = String(repeating: "0", count: max(0, 4 - digits.utf8.count))
        return path[..<dot] + "-" + padding + digits + path[dot...]
    }
}
