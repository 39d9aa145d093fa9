import ArgumentParser
import CSV
import Diagnostics
import InputOutput
import JSON
import Store

/// `assay device import`
struct DeviceImport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register many devices from CSV or JSON Lines.",
        discussion: """
            CSV with a header naming uuid, imei and publicKeyPem or spkiBase64; the attestation CSV of the nRF Cloud \
            utilities (imei,uuid,token,time), whose tokens are kept; or JSON Lines with these names. Rows are \
            registered a few thousand at a time and reported after they are on disk; a bad row is reported with its \
            line and reason and does not stop the others. Running again changes nothing.
            """)

    @Argument(help: .init("A CSV or JSON Lines file, or - for standard input.", valueName: "file"))
    var input: String

    @Option(
        help: .init("How far the keys are trusted: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice = .trusted

    @Flag(help: "Print a result for every row, not only for those that are not good.")
    var verbose = false

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let source = try ByteSource(path: input)
        let reader = RegistrationReader(trust: trust.trust)
        let registry = try store.open(.create, console)
        var run = ImportRun(
            registry: registry, source: input, json: output.json, verbose: verbose || output.json,
            console: console,
            now: environment.now)
        // Whatever ends the reading: the rows so far are registered, and the summary says how many these are.
        defer { console.note(run.summary) }
        do {
            try read(source, reader, &run)
        } catch {
            try run.flush()
            guard Interruption.requested else { throw error }
        }
        try run.flush()
        return run.tally.exitStatus
    }

    private func read(_ source: ByteSource, _ reader: RegistrationReader, _ run: inout ImportRun) throws {
        var head: [UInt8] = []
        while head.count < 65_536, try source.read(into: &head, limit: 65_536) > 0 {}
        // Some editors write a byte order mark in front; the CSV reader passes over it by itself.
        let text = head.starts(with: [0xef, 0xbb, 0xbf]) ? head.dropFirst(3) : head[...]
        if text.first(where: { !$0.isBlank }) == UInt8(ascii: "{") {
            try readLines(source, Array(text), reader, &run)
        } else {
            try readCSV(source, head, reader, &run)
        }
    }

    private func readLines(
        _ source: ByteSource, _ head: [UInt8], _ reader: RegistrationReader, _ run: inout ImportRun
    ) throws {
        var lines = LineChunkReader(source, head: head)
        while let chunk = try lines.next(), !Interruption.requested {
            var number = chunk.firstLine
            for line in chunk.bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
                defer { number += 1 }
                if line.trimmed.isEmpty { continue }
                guard line.count <= LineChunkReader.lineLimit else {
                    let limit = LineChunkReader.lineLimit
                    try run.take(
                        .failure(RowError(.json, "expected lines of at most \(limit) bytes")), line: number)
                    continue
                }
                try run.take(reader.result(line: line), line: number)
            }
        }
    }

    private func readCSV(
        _ source: ByteSource, _ head: [UInt8], _ reader: RegistrationReader, _ run: inout ImportRun
    ) throws {
        let csv = CSVFile(source, head: head)
        var columns: RegistrationColumns?
        while !Interruption.requested, let event = try csv.next() {
            switch event {
            case .malformed(let error):
                try run.take(.failure(RowError(.csv, error.message)), line: error.recordLine)
            case .record(let record):
                if columns == nil {
                    do {
                        columns = try RegistrationColumns(header: record)
                    } catch {
                        throw error.at("file", "\(input.escapedForTerminal):\(record.line)")
                    }
                    if columns != nil { continue }
                    columns = RegistrationColumns(first: record)
                }
                guard let known = columns else { throw unknownColumns(record) }
                try run.take(reader.result(record, known), line: record.line)
            }
        }
    }

    private func unknownColumns(_ record: CSVRecord) -> ToolError {
        ToolError(
            .csv, "expected a header that names uuid, or rows of imei,uuid,token,time or uuid,spkiBase64",
            context: [.init("file", "\(input.escapedForTerminal):\(record.line)")],
            hint: "put a header line in front: uuid,imei,spkiBase64")
    }
}

extension RegistrationReader {
    func result(line: ArraySlice<UInt8>) -> Result<Registration, RowError> {
        do {
            return .success(try registration(line: line))
        } catch {
            return .failure(error)
        }
    }

    func result(_ record: CSVRecord, _ columns: RegistrationColumns) -> Result<Registration, RowError> {
        do {
            return .success(try registration(record, columns))
        } catch {
            return .failure(error)
        }
    }
}
