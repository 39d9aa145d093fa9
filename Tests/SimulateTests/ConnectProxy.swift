import Foundation
import TestFleet
import TestSupport

/// A proxy that leads every CONNECT to one port of this machine, whatever host was asked for.
final class ConnectProxy {
    let url: String
    private let program: Program
    private let folder: WorkFolder

    init(to port: some StringProtocol, _ python: URL) throws {
        folder = try WorkFolder()
        let script = TestPaths.root.appendingPathComponent("fixtures/peers/connect-proxy.py").path
        program = try Program(python, [script, String(port)], in: folder.url)
        program.waitForOutput(bytes: 2, limit: 20)
        url = "http://127.0.0.1:\(program.outputSoFar.trimmingCharacters(in: .newlines))"
    }

    deinit {
        program.send(SIGTERM)
        _ = try? program.wait(limit: 10)
    }
}
