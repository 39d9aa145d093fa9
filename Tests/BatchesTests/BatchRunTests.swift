import Batches
import Diagnostics
import InputOutput
import JSON
import Synchronization
import Testing

/// A run over many inputs behaves the same for every verb: this is where that is decided.
@Suite struct BatchRunTests {
    @Test(arguments: [1, 4])
    func resultsComeInTheOrderOfInputs(jobs: Int) throws {
        let sink = Collector()
        let inputs = (0..<1000).map { Word(name: "w\($0)", outcome: $0 % 3 == 0 ? .rejected : .good) }
        let tally = try run(inputs, jobs: jobs, to: sink)
        #expect(sink.text == inputs.map { $0.name + "\n" }.joined())
        #expect(tally.good == 666)
        #expect(tally.rejected == 334)
        #expect(tally.exitStatus == .partial)
        #expect(tally.reasons.note == "; reasons: 334 signature")
    }

    @Test func jsonIsWrittenInItsForm() throws {
        let sink = Collector()
        _ = try run([Word(name: "a"), Word(name: "b")], form: .json, to: sink)
        #expect(sink.text == "{\"word\":\"a\"}\n{\"word\":\"b\"}\n")
    }

    @Test func unwrittenResultsAreCountedAlone() throws {
        let sink = Collector()
        let tally = try run(
            [Word(name: "a"), Word(name: "b", outcome: .malformed)], form: .unwritten, to: sink)
        #expect(sink.text == "")
        #expect(tally.total == 2)
        #expect(tally.malformed == 1)
    }

    @Test(arguments: [1, 4])
    func failFastStopsAfterTheFirstFailure(jobs: Int) throws {
        let sink = Collector()
        var inputs = (0..<500).map { Word(name: "w\($0)") }
        inputs[123].outcome = .rejected
        inputs[124].outcome = .rejected
        let tally = try run(inputs, jobs: jobs, failFast: true, to: sink)
        #expect(sink.text == inputs[...123].map { $0.name + "\n" }.joined())
        #expect(tally.good == 123)
        #expect(tally.rejected == 1)
    }

    @Test func aRunThatCheckedNothingIsAnError() {
        #expect(throws: ToolError(.tokenFormat, "expected a word, found none in the input")) {
            try run([], to: Collector())
        }
    }

    @Test func aRunMayBeEmptyWhereThatIsWell() throws {
        let run = BatchRun(Self.word, form: .text, jobs: 1, mayBeEmpty: true)
        let tally = try run.run(Words([]), to: Collector(), telling: NoEvents()) { Speller() }
        #expect(tally == Tally())
    }

    @Test func aSourceThatCannotBeReadHasAResultAndAnError() throws {
        let (sink, events) = (Collector(), Listener())
        let missing = Word(name: "missing", outcome: .unreadable, sourceError: ToolError(.io, "no such file"))
        let tally = try run([Word(name: "a"), missing, Word(name: "b")], to: sink, telling: events)
        #expect(sink.text == "a\nmissing\nb\n")
        #expect(events.errors == ["no such file"])
        #expect(tally.unreadable == 1)
        #expect(tally.exitStatus == .partial)
        #expect(!tally.hasReadNothing)
    }

    @Test func whatASignalCutShortHasNoResult() throws {
        let (sink, events) = (Collector(), Listener())
        let cut = Word(name: "cut", outcome: .unreadable, sourceError: Interruption.error)
        let tally = try run([Word(name: "a"), cut, Word(name: "b")], to: sink, telling: events)
        #expect(sink.text == "a\n")
        #expect(events.errors == [])
        #expect(tally.total == 1)
    }

    @Test func whatAJudgeThrowsEndsTheRun() {
        let sink = Collector()
        let broken = Word(name: "broken", fatal: ToolError(.internalFault, "the store is broken"))
        #expect(throws: ToolError(.internalFault, "the store is broken")) {
            try run([Word(name: "a"), broken, Word(name: "b")], to: sink)
        }
        #expect(sink.text == "a\n")
    }

    @Test func complaintsAndNotesAreForPeopleOnly() throws {
        let complaining = Word(
            name: "", outcome: .malformed, complaint: ToolError(.json, "no JSON"), notes: ["note of it"])
        let events = Listener()
        _ = try run([complaining], to: Collector(), telling: events)
        #expect(events.errors == ["no JSON"])
        #expect(events.notes == ["note of it"])
        let silent = Listener()
        _ = try run([complaining], form: .json, to: Collector(), telling: silent)
        #expect(silent.errors == [])
        #expect(silent.notes == [])
    }

    @Test func notesAreCutAndCounted() throws {
        let events = Listener()
        let inputs = (0..<25).map { Word(name: "w", notes: ["note \($0)"]) }
        _ = try run(inputs, to: Collector(), telling: events)
        #expect(
            events.notes == (0..<20).map { "note \($0)" } + ["5 more"])
    }

    @Test func remarksAreAddedUp() throws {
        let events = Listener()
        let run = BatchRun(Self.word, form: .json, jobs: 2) { "assay: note: \($0) words were long" }
        let words = [Word(name: "a", remarks: 2), Word(name: "b"), Word(name: "c", remarks: 1)]
        _ = try run.run(Words(words), to: Collector(), telling: events) { Speller() }
        #expect(events.notes == ["assay: note: 3 words were long"])
        let quiet = Listener()
        _ = try run.run(Words([Word(name: "b")]), to: Collector(), telling: quiet) { Speller() }
        #expect(quiet.notes == [])
    }

    // MARK: Settlements

    @Test func aSettlementMayChangeWhatIsTold() throws {
        let sink = Collector()
        var seen: Set<String> = []
        let settlement = Settlement<Word> { words throws(ToolError) in
            for index in words.indices where !seen.insert(words[index].name).inserted {
                words[index].outcome = .rejected
                words[index].name += " again"
            }
            return true
        }
        let inputs = ["a", "b", "a"].map { Word(name: $0) }
        let tally = try run(inputs, to: sink, settlement: settlement)
        #expect(sink.text == "a\nb\na again\n")
        #expect(tally.good == 2)
        #expect(tally.rejected == 1)
    }

    @Test func reportsAreGatheredAndToldAfterwards() throws {
        let sink = Collector()
        var groups: [Int] = []
        let settlement = Settlement<Word>(gathering: 4) { words throws(ToolError) in
            #expect(sink.text.split(separator: "\n").count == groups.reduce(0, +))
            groups.append(words.count)
            return true
        }
        _ = try run((0..<10).map { Word(name: "w\($0)") }, to: sink, settlement: settlement)
        #expect(groups == [4, 4, 2])
    }

    /// Who waits for input has settled and told what came before: an answer never depends on more input.
    @Test func nothingWaitsForInputWhileReportsAreGathered() throws {
        let sink = Collector()
        let settlement = Settlement<Word>(gathering: 1000) { _ throws(ToolError) in true }
        let source = Words([Word(name: "a"), Word(name: "b")]) { #expect(sink.text == "a\n") }
        let run = BatchRun(Self.word, form: .text, jobs: 2)
        _ = try run.run(source, to: sink, telling: NoEvents(), settlement: settlement) { Speller() }
        #expect(sink.text == "a\nb\n")
    }

    @Test func withFailFastEachIsSettledByItself() throws {
        let sink = Collector()
        var settled: [String] = []
        let settlement = Settlement<Word>(gathering: 1000) { words throws(ToolError) in
            settled += words.map(\.name)
            for index in words.indices where words[index].name == "b" { words[index].outcome = .rejected }
            return true
        }
        let tally = try run(
            ["a", "b", "c"].map { Word(name: $0) }, failFast: true, to: sink, settlement: settlement)
        #expect(settled == ["a", "b"])
        #expect(sink.text == "a\nb\n")
        #expect(tally.rejected == 1)
    }

    @Test func aSettlementEndsTheRun() throws {
        let sink = Collector()
        let settlement = Settlement<Word> { words throws(ToolError) in words[0].name != "b" }
        _ = try run(["a", "b", "c"].map { Word(name: $0) }, to: sink, settlement: settlement)
        #expect(sink.text == "a\nb\n")
    }

    @Test func whatIsGatheredIsToldBeforeASourceThatCannotBeRead() throws {
        let (sink, events) = (Collector(), Listener())
        let settlement = Settlement<Word>(gathering: 1000) { _ throws(ToolError) in true }
        let missing = Word(name: "missing", outcome: .unreadable, sourceError: ToolError(.io, "no such file"))
        let run = BatchRun(Self.word, form: .text, jobs: 1)
        _ = try run.run(
            Words([Word(name: "a"), missing]), to: sink, telling: events, settlement: settlement
        ) { Speller() }
        #expect(sink.writes == ["a\nmissing\n"])
        #expect(events.errors == ["no such file"])
    }

    @Test func whatContinuesAnInputIsNotCounted() throws {
        let sink = Collector()
        let tally = try run([Word(name: "a"), Word(name: "-rest", outcome: .continuation)], to: sink)
        #expect(sink.text == "a\n-rest\n")
        #expect(tally.total == 1)
        #expect(tally.exitStatus == .done)
    }

    // MARK: Helpers

    static let word = Noun("word", .tokenFormat, expected: "a word")

    private func run(
        _ words: [Word], form: ResultForm = .text, jobs: Int = 2, failFast: Bool = false, to sink: Collector,
        telling events: any RunEvents = NoEvents(), settlement: Settlement<Word>? = nil
    ) throws(ToolError) -> Tally {
        let run = BatchRun(Self.word, form: form, jobs: jobs, failFast: failFast)
        return try run.run(Words(words), to: sink, telling: events, settlement: settlement) { Speller() }
    }
}

/// An input that says itself what becomes of it.
private struct Word: Report {
    var name: String
    var outcome = Outcome.good
    var sourceError: ToolError?
    var fatal: ToolError?
    var complaint: ToolError?
    var notes: [String] = []
    var remarks = 0

    var reason: String? { "signature" }
    var text: [UInt8] { name.isEmpty ? [] : Array((name + "\n").utf8) }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("word")
        writer.string(name)
        writer.endObject()
        writer.newline()
    }
}

private final class Speller: Judge {
    func judge(_ word: Word, _ results: inout Results<Word>) throws(ToolError) {
        if let fatal = word.fatal { throw fatal }
        if let error = word.sourceError { results.add(word, ofSource: error) } else { results.add(word) }
    }
}

/// Words, one a chunk. With `whenAwaited` only the first is at hand, and the others have to be waited for.
private struct Words: ChunkSource {
    private var words: ArraySlice<Word>
    private let whenAwaited: (() -> Void)?
    private var isFirst = true

    init(_ words: [Word], whenAwaited: (() -> Void)? = nil) {
        self.words = words[...]
        self.whenAwaited = whenAwaited
    }

    mutating func next(_ demand: InputDemand) -> Arrival<Word> {
        guard let word = words.first else { return .end }
        if let whenAwaited, !isFirst {
            guard demand == .awaited else { return .nothingYet }
            whenAwaited()
        }
        isFirst = false
        words.removeFirst()
        return .value(word)
    }
}

private final class Collector: ByteSink {
    private(set) var writes: [String] = []
    var text: String { writes.joined() }
    func write(_ bytes: [UInt8]) { writes.append(String(decoding: bytes, as: UTF8.self)) }
    func commit() {}
}

private final class Listener: RunEvents {
    private(set) var errors: [String] = []
    private(set) var notes: [String] = []
    let showsProgress = false
    func error(_ error: ToolError) { errors.append(error.message) }
    func note(_ text: String) { notes.append(text) }
    func leftOut(notes count: Int) { notes.append("\(count) more") }
    func progress(done: Int, failed: Int, unit: String, meter: InputMeter?) {}
}
