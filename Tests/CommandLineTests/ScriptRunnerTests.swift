import Foundation
import TestSupport
import Testing

/// The runner's own tests: what must hold passes, and above all what must not hold fails, at the right line.
@Suite struct ScriptRunnerTests {
    static let runner = ScriptRunner(vectors: nil, peers: nil, limit: 10, records: false)

    @Test(arguments: [
        "exec true",
        "! exec false\nexit 1",
        "? exec sh -c 'exit 70'\nexit 70",
        "stdin in.txt\nexec cat\ncmp stdout in.txt\nlines stdout 2\n-- in.txt --\none\ntwo\n",
        "exec echo one two\nstdout '^one two$'\n! stdout three\nstdout -count=2 '[nt][ew]'",
        "exec sh -c 'echo bad >&2'\nstderr bad\n! stdout .",
        "exec cat lines.json\njson stdout [0].a 17\njson stdout [1].a '\"17\"'\njson stdout [-1].b[1].c x\n"
            + "! json stdout [0].b\njson stdout [1].b\n! json stdout [0].a 18\njson stdout [1].d null\n"
            + "-- lines.json --\n{\"a\":17}\n{\"a\":\"17\",\"b\":[true,{\"c\":\"x\"}],\"d\":null}\n",
        "exec cat one.json\njson stdout .a[1] true\njson one.json a[0] 1\n"
            + "-- one.json --\n{\n  \"a\": [1, true]\n}\n",
        "env NAME=value\nexec sh -c 'echo $NAME'\ncmpenv stdout want\n-- want --\n$NAME\n",
        "exec echo ${WORK}/x $FIXTURES\nstdout '/x /'",
        "exec echo 'it''s' a'b c'd # comment\nstdout '^it''s ab cd$'",
        "mkdir a/b\ncp in.txt a/b/c\nexists a/b/c a\n! exists d\nchmod 0600 a/b/c\nmode 0600 a/b/c\n"
            + "cd a/b\nexec cat c\nstdout hello\nrm c\n! exists c\n-- in.txt --\nhello\n",
        "exec sh -c 'cat; echo end'\nstdout '^end$'\nlines stdout 1",
        "exec true\nstop\nexec false",
        "exec sh -c 'echo $HOME $TMPDIR ${ASSAY_STORE-none}'\nstdout '^/.*/assay-test-.* none$'",
    ])
    func passes(_ script: String) throws {
        #expect(try Self.runner.run(text: script) == .passed)
    }

    @Test(arguments: [
        ("exec false", 1, "expected exit status 0, found exit status 1"),
        ("! exec true", 1, "expected a failure, found exit status 0"),
        ("! exec sh -c 'kill -ILL $$'", 1, "expected a refusal, found signal 4"),
        ("! exec sh -c 'exit 132'", 1, "expected a refusal, found exit status 132"),
        ("! exec sh -c 'exit 70'", 1, "expected a refusal, found exit status 70"),
        ("! exec false\nexit 4", 2, "expected exit status 4, found exit status 1"),
        ("? exec false\nexec true", 2, "nothing checks the status of line 1; add \"exit N\""),
        ("? exec false", 1, "nothing checks this status; add \"exit N\""),
        ("exec echo a\nstdout b", 2, "no match in stdout"),
        ("exec echo a\n! stdout a", 2, "unexpected match in stdout"),
        ("exec echo a a\nstdout -count=1 a", 2, "expected 1 matches in stdout, found 2"),
        ("exec echo '{\"a\":\"17\"}'\njson stdout [0].a 17", 2, nil),
        ("exec echo '{\"a\":1}'\njson stdout [0].a true", 2, nil),
        ("exec echo '{\"a\":1}'\njson stdout [0].b", 2, "nothing at [0].b"),
        ("exec echo '{\"a\":1}'\n! json stdout [0].a", 2, nil),
        ("exec echo '{\"a\":1}'\njson stdout [1].a 1", 2, "nothing at [1].a"),
        ("exec echo '{'\njson stdout [0].a", 2, nil),
        ("exec echo a\nlines stdout 2", 2, "expected 2 lines in stdout, found 1"),
        ("exec true\nexists x", 2, "x does not exist"),
        ("exec touch x\n! exists x", 2, "x exists"),
        ("exec touch x\nchmod 0644 x\nmode 0600 x", 3, "expected mode 600, found 644"),
        ("exec true\ncmp stdout want\n-- want --\na\n", 2, "stdout and want differ\nat line 1:\n- a"),
        ("exec echo $NOPE", 1, "unknown variable $NOPE"),
        ("exec echo 'a", 1, "a quote is not closed"),
        ("exec no-such-program", 1, "no program \"no-such-program\" in PATH"),
        ("frobnicate", 1, "unknown command \"frobnicate\""),
        ("[nonsense] exec true", 1, "unknown condition [nonsense]"),
        ("! mkdir x", 1, "\"mkdir\" takes no ! or ?"),
        ("stdout x", 1, "no program has run yet"),
        ("# nothing", 1, "the script ran no program, so it cannot fail"),
        ("[exec:no-such-program] exec true", 1, "the script ran no program, so it cannot fail"),
    ])
    func fails(_ script: String, line: Int, message: String?) throws {
        guard case .failed(let failure) = try Self.runner.run(text: script, name: "x.txtar") else {
            Issue.record("passed")
            return
        }
        #expect(failure.line == line)
        if let message { #expect(failure.message == message) }
        #expect(failure.description.hasPrefix("x.txtar:\(line): "))
    }

    @Test func failureShowsWhatWasPrinted() throws {
        let script = "! exec sh -c 'echo out; echo err >&2; exit 3'\nexit 4"
        #expect(
            try Self.runner.run(text: script, name: "x.txtar")
                == .failed(
                    ScriptFailure(
                        file: "x.txtar", line: 2, command: "exit 4",
                        message: "expected exit status 4, found exit status 3", standardOutput: "out\n",
                        standardError: "err\n")))
    }

    @Test(arguments: [
        (
            "[!exec:no-such-program] exec true\n[exec:no-such-program] exec false",
            ["no-such-program is not installed"]
        ),
        ("exec true\n[vectors] exec false\n[peers] exec false", [Peers.reason, TestPaths.noVectors]),
        ("exec true\n[!exec:no-such-program] stop\nexec false", ["no-such-program is not installed"]),
    ])
    func whatIsLeftOutIsNamed(_ script: String, _ missing: [String]) throws {
        #expect(try Self.runner.run(text: script) == .passedInPart(missing))
    }

    @Test func stopBeforeAnythingRanIsASkip() throws {
        let script = "[!exec:no-such-program] stop\nexec no-such-program"
        #expect(try Self.runner.run(text: script) == .skipped("no-such-program is not installed"))
        #expect(try Self.runner.run(text: "exec true\nstop") == .passed)
    }

    @Test func skipNamesItsReason() throws {
        let script = "[!vectors] skip 'needs the vectors'\nexec true"
        #expect(try Self.runner.run(text: script) == .skipped("needs the vectors"))
    }

    @Test func programsThatHangAreKilledWithTheirChildren() throws {
        var runner = Self.runner
        runner.limit = 0.5
        let start = Date()
        let outcome = try runner.run(text: "exec sh -c 'echo before; sleep 50; echo after'")
        guard case .failed(let failure) = outcome else {
            Issue.record("passed")
            return
        }
        #expect(failure.message == "killed after 0.5 seconds")
        #expect(failure.standardOutput == "before\n")
        #expect(Date().timeIntervalSince(start) < 20)
    }

    @Test func recordingWritesWhatWasFoundAndStillFails() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("assay-record-\(UUID().uuidString).txtar")
        defer { try? FileManager.default.removeItem(at: file) }
        try "exec echo new\ncmp stdout want\n-- want --\nold\n".write(
            to: file, atomically: true, encoding: .utf8)
        var recorder = Self.runner
        recorder.records = true
        guard case .failed = try recorder.run(file: file) else {
            Issue.record("a recording run passed")
            return
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8)
                == "exec echo new\ncmp stdout want\n-- want --\nnew\n")
        #expect(try Self.runner.run(file: file) == .passed)
    }

    @Test(arguments: [
        "", "only a comment\n", "c\n-- a --\n", "c\n-- a --\ntext\n-- b/c --\n\nx\n",
    ])
    func archivesPrintAsTheyWereRead(_ text: String) {
        #expect(TextArchive(text).text == text)
    }

    @Test func aLastLineWithoutAnEndGetsIt() {
        #expect(TextArchive("c\n-- a --\nx").text == "c\n-- a --\nx\n")
    }

    @Test func archiveFilesAreSplitAtTheirMarkers() {
        let archive = TextArchive("run\n-- a.txt --\none\n--not a marker\n-- b --\n")
        #expect(
            archive
                == TextArchive(
                    comment: "run\n",
                    files: [.init(name: "a.txt", text: "one\n--not a marker\n"), .init(name: "b", text: "")]))
    }
}
