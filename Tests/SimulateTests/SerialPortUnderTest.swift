import Foundation
import JSON
import TestFleet
import TestSupport

/// `assayd simulate --serial` while it runs.
final class SerialPortUnderTest {
    let path: String
    private let program: Program
    private var isRunning = true

    init(seed: String, in folder: WorkFolder, options: [String] = []) throws {
        program = try Program(
            TestPaths.service, ["simulate", "--serial", "--seed", seed] + options, in: folder.url)
        program.waitForOutput(bytes: 20, limit: 30)
        let line = program.outputSoFar
        guard let port = (try? JSONValue(parsing: Array(line.utf8)))?["port"]?.stringValue else {
            program.send(SIGKILL)
            throw ServiceUnderTest.Fault("expected a port, found \(line), \(try program.wait().errors)")
        }
        path = port
    }

    deinit {
        guard isRunning else { return }
        program.send(SIGKILL)
        _ = try? program.wait(limit: 5)
    }

    /// Stops it in good order; all that it printed.
    func end() throws -> String {
        isRunning = false
        program.send(SIGTERM)
        let outcome = try program.wait(limit: 10)
        guard outcome.status == 0, outcome.errors.isEmpty else {
            throw ServiceUnderTest.Fault("ended with \(outcome.status ?? -1): \(outcome.errors)")
        }
        return String(outcome.output.dropLast())
    }
}
