import Foundation
import TestFleet
import TestSupport
import Testing

/// What goes away while a verb works: the reader of its results, and the patience of whoever started it.
@Suite(.serialized) struct StreamMannersTests {
    typealias Verb = MannerlyVerb

    /// Nobody reads from the start: no message, and the status that a shell gives a program that SIGPIPE ended.
    @Test(arguments: Verb.all)
    func nobodyReadsTheResults(_ verb: Verb) throws {
        let folder = try MannersFolder.url.get()
        let errors = folder.appendingPathComponent("\(UUID().uuidString).err")
        try Data().write(to: errors)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let process = Process()
        process.executableURL = TestPaths.binary
        process.arguments = verb.words + verb.options + ["--json"] + verb.naming(["\(verb.sample)"])
        process.currentDirectoryURL = folder
        process.environment = MannersFolder.environment(folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe.fileHandleForWriting
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: errors, encoding: .utf8)
        #expect(process.terminationReason == .exit && process.terminationStatus == 141, "\(text)")
        #expect(!text.contains("error"), "\(text)")
    }

    /// Interrupted while half of an input has come: status 130, no message of an error, no file under a result's name
    /// and none without one.
    @Test(arguments: Verb.all, [SIGINT, SIGTERM])
    func interruptedWithHalfAnInput(_ verb: Verb, signal: Int32) throws {
        let folder = try MannersFolder.url.get()
        let place = try WorkFolder(in: folder)
        var options = verb.options
        if let output = options.firstIndex(of: "-o") {
            options[output + 1] = place.path("made")
        } else if verb.writesFile {
            options += ["-o", place.path("made")]
        }
        let program = try Conversation(
            TestPaths.binary, verb.words + options + ["--json"] + verb.naming(["-"]), in: folder,
            environment: MannersFolder.environment(folder))
        let sample = Array(try Data(contentsOf: folder.appendingPathComponent("\(verb.sample)")))
        program.say(sample.prefix(sample.count / 2)[...])
        Thread.sleep(forTimeInterval: 0.4)
        program.send(signal)
        let outcome = program.wait(limit: 30)
        #expect(outcome.status == 130, "\(outcome.errors)")
        #expect(
            !outcome.errors.contains("error:") && !outcome.errors.contains("assay.error"), "\(outcome.errors)"
        )
        #expect(outcome.output == "")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.url.path) == [])
    }
}
