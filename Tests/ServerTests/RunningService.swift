import Foundation
import TestFleet
import TestSupport
import Testing

/// `assayd serve` on loopback, and its data; it ends with the test.
final class RunningService {
    let folder: WorkFolder
    private let program: Program
    private var hasEnded = false
    let url: String
    let port: UInt16
    /// Nil without CoAP.
    let coapPort: UInt16?

    /// - Parameter folder: that of a service before, to go on with its data.
    init(_ options: [String] = [], in folder: WorkFolder? = nil, listen: String = "127.0.0.1:0") throws {
        self.folder = try folder ?? WorkFolder()
        program = try Program(
            TestPaths.service, ["serve", "--data", "data", "--listen", listen] + options,
            in: self.folder.url)
        program.waitForOutput(bytes: 60, limit: 20)
        let line = program.outputSoFar
        let marker = #"{"schema":"assayd.listening/1","url":""#
        guard line.hasPrefix(marker), line.hasSuffix("\"}\n") else {
            let errors = program.errorsSoFar
            program.send(SIGKILL)
            _ = try program.wait(limit: 5)
            throw Fault("expected the line that says where it listens, found \(line), \(errors)")
        }
        let urls = line.dropFirst(marker.count).dropLast(3).components(separatedBy: #"","coap":""#)
        url = urls[0]
        port = try #require(UInt16(url.split(separator: ":").last ?? ""))
        coapPort = urls.count > 1 ? UInt16(urls[1].split(separator: ":").last ?? "") : nil
        try #require(urls.count == 1 || urls[1].hasPrefix("coaps://") && coapPort != nil)
    }

    deinit { _ = hasEnded ? nil : try? end(by: SIGKILL) }

    func send(_ signal: Int32) { program.send(signal) }

    /// Sends a signal and waits for the end.
    @discardableResult
    func end(by signal: Int32) throws -> Program.Outcome {
        program.send(signal)
        return try wait()
    }

    func wait() throws -> Program.Outcome {
        hasEnded = true
        return try program.wait(limit: 20)
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Waits until the log names an event.
    func waitForEvent(_ event: String) throws {
        let end = Date().addingTimeInterval(20)
        while !program.errorsSoFar.contains("\"event\":\"\(event)\"") {
            guard Date() < end else { throw Fault("waited in vain for \(event): \(program.errorsSoFar)") }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    func connect() throws -> RawConnection { try RawConnection(port: port) }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ target: String, headers: [String] = [], body: String = ""
    ) throws -> WireAnswer {
        let connection = try connect()
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        if !body.isEmpty || method == "POST" { lines.append("Content-Length: \(body.utf8.count)") }
        try connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try WireAnswer(try connection.readToEnd(), isHead: method == "HEAD")
    }
}
