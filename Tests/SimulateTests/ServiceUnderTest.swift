import Foundation
import FoundationNetworking
import JSON
import TestFleet
import TestSupport
import Testing

/// `assayd serve` on loopback with an owner's key, the fleet that it knows, and its operators' side.
final class ServiceUnderTest {
    struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// An answer to an operator.
    struct Answer {
        let status: Int
        let json: JSONValue?
        let text: String
    }

    /// By what devices reach it.
    enum Transport: String, CaseIterable, Sendable {
        case http, coap
    }

    let folder: WorkFolder
    let url: String
    /// Where devices go.
    let deviceURL: String
    let transport: Transport
    private let program: Program
    private let options: [String]
    let key: String
    private var isRunning = true

    /// Registers the fleet of `seed` and starts the service; with a certificate of its own where devices come by CoAP.
    init(seed: String, devices: Int, options: [String] = [], by transport: Transport = .http) throws {
        self.transport = transport
        folder = try WorkFolder()
        self.options = options
        try Self.run(
            TestPaths.service, ["simulate", "--export", "fleet", "--devices", "\(devices)", "--seed", seed],
            folder)
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("data"), withIntermediateDirectories: true)
        try Self.run(
            TestPaths.binary, ["device", "import", "fleet/devices.csv", "--store", "data/assay.db"], folder)
        key = try Self.run(TestPaths.service, ["key", "create", "--data", "data", "--role", "owner"], folder)
            .trimmingCharacters(in: .newlines)
        let coap = transport == .coap ? ["--coap", "127.0.0.1:0", "--self-signed"] : []
        (program, url, deviceURL) = try Self.serve(["--listen", "127.0.0.1:0"] + coap + options, folder)
    }

    /// The same service, started again on its port after it was killed.
    init(after other: ServiceUnderTest) throws {
        folder = other.folder
        options = other.options
        key = other.key
        transport = other.transport
        let places = [other.url, other.deviceURL].map { $0.split(separator: "/").last.map(String.init) ?? "" }
        let coap = transport == .coap ? ["--coap", places[1], "--self-signed"] : []
        (program, url, deviceURL) = try Self.serve(["--listen", places[0]] + coap + options, folder)
    }

    deinit {
        guard isRunning else { return }
        program.send(SIGKILL)
        _ = try? program.wait(limit: 5)
    }

    func kill() throws {
        // Its end can be waited for once.
        isRunning = false
        program.send(SIGKILL)
        _ = try program.wait(limit: 20)
    }

    /// Stops it in good order; the lines that it printed.
    func end() throws -> [String] {
        isRunning = false
        program.send(SIGTERM)
        let outcome = try program.wait(limit: 20)
        guard outcome.status == 0 else {
            throw Fault("ended with \(outcome.status ?? -1): \(outcome.errors)")
        }
        return (outcome.output + outcome.errors).split(separator: "\n").map(String.init)
    }

    private static func serve(
        _ options: [String], _ folder: WorkFolder
    ) throws -> (Program, url: String, deviceURL: String) {
        let program = try Program(TestPaths.service, ["serve", "--data", "data"] + options, in: folder.url)
        program.waitForOutput(bytes: 60, limit: 30)
        let line = program.outputSoFar
        let marker = #"{"schema":"assayd.listening/1","url":""#
        guard line.hasPrefix(marker), line.hasSuffix("\"}\n") else {
            program.send(SIGKILL)
            let outcome = try program.wait(limit: 5)
            throw Fault("expected the line that says where it listens, found \(line), \(outcome.errors)")
        }
        let json = try JSONValue(parsing: Array(line.utf8.dropLast()))
        let url = json["url"]?.stringValue ?? ""
        return (program, url, json["coap"]?.stringValue ?? url)
    }

    /// What a program that has to succeed prints.
    @discardableResult
    static func run(
        _ binary: URL, _ arguments: [String], _ folder: WorkFolder, environment: [String: String] = [:],
        allowed: Set<Int32> = []
    ) throws -> String {
        let outcome = try Program(binary, arguments, in: folder.url, environment: environment)
            .wait(limit: 120)
        guard outcome.status == 0 || outcome.status.map(allowed.contains) == true else {
            throw Fault("\(arguments) ended with \(outcome.status ?? -1): \(outcome.output)\(outcome.errors)")
        }
        return outcome.output
    }

    /// What another program of this machine prints, which has to succeed.
    @discardableResult
    static func run(
        program name: String, _ arguments: [String], _ folder: WorkFolder, environment: [String: String] = [:]
    ) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        guard let binary = ChildProcess.find(name, in: ["PATH": path + ":/usr/sbin"], from: folder.url) else {
            try Skip.test("no \(name)")
        }
        return try run(URL(fileURLWithPath: binary), arguments, folder, environment: environment)
    }

    /// A simulation of the fleet against this service.
    ///
    /// - Parameter address: where devices go instead, such as a relay.
    func simulate(_ arguments: [String], at address: String? = nil) throws -> Program {
        let trust = transport == .coap ? ["--root-ca", "data/tls.crt"] : []
        return try Program(
            TestPaths.service,
            ["simulate", "--service", address ?? deviceURL, "--interval", "1"] + trust + arguments,
            in: folder.url
        )
    }

    // MARK: The operators' side

    func ask(
        _ method: String, _ path: String, _ body: String = "", type: String = "application/json",
        key: String? = nil
    ) async throws -> Answer {
        if url.hasPrefix("https") { return try askByCurl(method, path, body, type, key ?? self.key) }
        guard let address = URL(string: url + "/v1" + path) else { throw Fault("no URL: \(path)") }
        var request = URLRequest(url: address)
        request.httpMethod = method
        request.setValue("Bearer \(key ?? self.key)", forHTTPHeaderField: "Authorization")
        request.setValue(type, forHTTPHeaderField: "Content-Type")
        if !body.isEmpty { request.httpBody = Data(body.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode else { throw Fault("no answer") }
        return Answer(
            status: status, json: try? JSONValue(parsing: [UInt8](data)),
            text: String(decoding: data, as: UTF8.self))
    }

    /// Foundation cannot be told on Linux to trust the service's own certificate.
    private func askByCurl(
        _ method: String, _ path: String, _ body: String, _ type: String, _ key: String
    ) throws -> Answer {
        try folder.write(body, to: "body")
        let output = try Self.run(
            program: "curl",
            [
                "-sS", "--cacert", "data/tls.crt", "-X", method, "-H", "Authorization: Bearer \(key)", "-H",
                "Content-Type: \(type)", "-w", "\n%{http_code}",
            ] + (body.isEmpty ? [] : ["--data-binary", "@body"]) + [url + "/v1" + path], folder)
        let end = output.lastIndex(of: "\n") ?? output.startIndex
        guard let status = Int(output[end...].dropFirst()) else { throw Fault("no answer") }
        let text = String(output[..<end])
        return Answer(status: status, json: try? JSONValue(parsing: Array(text.utf8)), text: text)
    }

    /// The rows of a file that was exported, without its header.
    func rows(_ name: String, hasHeader: Bool = false) throws -> [[String]] {
        let text = try String(contentsOf: folder.url.appendingPathComponent("fleet/\(name)"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst(hasHeader ? 1 : 0).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Claims the whole fleet and answers its UUIDs.
    func claim(tags: String = "bench") async throws -> [String] {
        let rows = try rows("attestation_tokens.csv")
        let body = rows.map { "\"\($0[2])\",\"\(tags)\"\n" }.joined()
        let answer = try await ask("POST", "/claimed-devices", body, type: "text/csv")
        guard answer.status == 201 else { throw Fault("claim: \(answer.status) \(answer.text)") }
        return rows.map { $0[1] }
    }

    /// Adds a command and answers its id.
    @discardableResult
    func add(_ request: String, to device: String) async throws -> String {
        let answer = try await ask(
            "POST", "/claimed-devices/\(device)/provisioning", #"{"request":\#(request)}"#)
        guard answer.status == 201, let id = answer.json?["id"]?.stringValue else {
            throw Fault("add: \(answer.status) \(answer.text)")
        }
        return id
    }

    func status(_ device: String) async throws -> String {
        try await ask("GET", "/claimed-devices/\(device)").json?["status"]?.stringValue ?? "none"
    }

    /// How many claimed devices have each status.
    func statuses() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var page = ""
        repeat {
            let answer = try await ask("GET", "/claimed-devices?pageLimit=100\(page)")
            for item in answer.json?["items"]?.arrayValue ?? [] {
                counts[item["status"]?.stringValue ?? "", default: 0] += 1
            }
            page = (answer.json?["pageNextToken"]?.stringValue).map { "&pageNextToken=\($0)" } ?? ""
        } while !page.isEmpty
        return counts
    }

    func command(_ id: String, of device: String) async throws -> JSONValue? {
        try await ask("GET", "/claimed-devices/\(device)/provisioning/\(id)").json
    }

    /// Waits until `condition` holds.
    func wait(_ what: String, limit: Double = 60, _ condition: () async throws -> Bool) async throws {
        let end = Date().addingTimeInterval(limit)
        while Date() < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Fault("waited in vain: \(what)")
    }
}
