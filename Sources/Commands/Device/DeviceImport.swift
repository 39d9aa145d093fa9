import ArgumentParser
import CSV
import Diagnostics
import InputOutput
import Intake
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
            line and reason and does not stop the others. Running again changes nothing. Another key for a device is \
            a key-conflict; with --replace-observed a trusted key takes the place of one that was only observed.

            EXAMPLES

              assay device import devices.csv
              assay device import devices.csv --replace-observed --json
            """)

    @Argument(help: .init("A CSV or JSON Lines file, or - for standard input.", valueName: "file"))
    var input: String

    @Option(
        help: .init("How far the keys are trusted: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice = .trusted

    @OptionGroup var replacement: ReplacementOptions

    @Flag(help: "Print a result for every row, not only for those that are not good.")
    var verbose = false

    @OptionGroup var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { try replacement.validate(with: trust) }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let source = try open()
        let reader = RegistrationReader(trust: trust.trust)
        let registry = try store.open(.create, console)
        try clock.check(environment.now, registry)
        var run = ImportRun(
            registry: registry, replacesObserved: replacement.replaceObserved, source: input,
            json: output.json, verbose: verbose || output.json,
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
        try run.tally.demandInputs(.csv, "a row with a device")
        return run.tally.exitStatus
    }

    /// Opens the file; one that cannot be read has a result too.
    private func open() throws -> SourceReader {
        do throws(ToolError) {
            let reader = try SourceReader(input, for: Expectation(.csv, "rows of devices"))
            _ = try reader.look()
            return reader
        } catch {
            if output.json, !Interruption.requested {
                let report = RegistrationReport(
                    location: InputLocation(source: input, line: 1), device: nil,
                    outcome: .rejected(CheckFailure(error.code, error.message)))
                try StandardStream.output().write(report.rendered(json: true))
            }
            throw error
        }
    }

    private func read(_ source: SourceReader, _ reader: RegistrationReader, _ run: inout ImportRun) throws {
        let head = try source.look().value?.bytes
        if head?.first(where: { !$0.isBlank }) == UInt8(ascii: "{") {
            try readLines(source.source, reader, &run)
        } else {
            try readCSV(source.source, reader, &run)
        }
    }

    /// What comes next; before anybody waits for it, the rows so far are registered and reported.
    private func next<Value>(
        _ run: inout ImportRun, _ read: (InputDemand) throws(ToolError) -> Arrival<Value>
    ) throws(ToolError) -> Value? {
        if Interruption.requested { return nil }
        let arrival = try read(.atHand)
        guard case .nothingYet = arrival else { return arrival.value }
        try run.flush()
        return try read(.awaited).value
    }

    private func readLines(
        _ source: ByteSource, _ reader: RegistrationReader, _ run: inout ImportRun
    ) throws {
        var lines = LineChunkReader(source)
        while let chunk = try next(&run, { demand throws(ToolError) in try lines.next(demand) }) {
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
        _ source: ByteSource, _ reader: RegistrationReader, _ run: inout ImportRun
    ) throws {
        let csv = CSVFile(source)
        var columns: RegistrationColumns?
        while let event = try next(&run, { demand throws(ToolError) in try csv.next(demand) }) {
            switch event {
            case .malformed(let error):
                try run.take(.failure(RowError(.csv, error.message)), line: error.recordLine)
            case .record(let record):
                do throws(ToolError) {
                    // One further down, as joined files have, counts from there on.
                    if let header = try RegistrationColumns(header: record, isFirst: columns == nil) {
                        columns = header
                        continue
                    }
                } catch {
                    throw error.at("file", "\(input.escapedForTerminal):\(record.line)")
                }
                if columns == nil { columns = RegistrationColumns(first: record) }
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
