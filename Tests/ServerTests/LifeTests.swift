import Foundation
import TestFleet
import TestSupport
import Testing

/// Starting, stopping, and what those who run the service ask.
@Suite(.serialized) struct LifeTests {
    @Test func pagesOfThoseWhoRunIt() throws {
        let service = try RunningService()
        #expect(service.url == "http://127.0.0.1:\(service.port)")
        let health = try service.ask("GET", "/healthz")
        #expect(health.statusLine == "HTTP/1.1 200 OK")
        #expect(health.text == "ok\n")
        #expect(
            health.headerNames == [
                "Content-Type", "Content-Length", "Date", "Cache-Control", "X-Content-Type-Options",
                "Connection",
            ])
        #expect(health.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(try service.ask("GET", "/readyz").text == "ready\n")
        let metrics = try service.ask("GET", "/metrics")
        #expect(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(metrics.text.contains("\nassayd_http_requests_total{side=\"page\",status=\"200\"} 2\n"))
        #expect(metrics.text.contains("\nassayd_http_connections 1\n"))
        let refused = try service.ask("POST", "/metrics")
        #expect(refused.status == 405)
        #expect(refused.header("Allow") == "GET, HEAD")
        #expect(refused.message == "expected GET")
    }

    /// What a maker produces is nobody's business elsewhere: there `/metrics` wants a key, and only there.
    @Test func metricsForThoseElsewhere() throws {
        let service = try RunningService(["--requests-per-minute", "2"])
        let viewer = try service.makeKey("viewer")
        for header in ["X-Forwarded-For: 192.0.2.1", "forwarded: for=192.0.2.1", "Via: 1.1 proxy"] {
            let refused = try service.ask("GET", "/metrics", headers: [header])
            #expect(refused.status == 401)
            #expect(refused.header("WWW-Authenticate") == "Bearer")
            #expect(!refused.text.contains("assayd_"))
            #expect(try service.ask("GET", "/healthz", headers: [header]).status == 200)
            #expect(try service.ask("GET", "/readyz", headers: [header]).status == 200)
        }
        let far = ["X-Forwarded-For: 192.0.2.1", "Authorization: Bearer \(viewer)"]
        #expect(try service.ask("GET", "/metrics", headers: far).text.contains("assayd_http_connections "))
        #expect(try service.ask("HEAD", "/metrics", headers: far).status == 200)
        #expect(try service.ask("GET", "/metrics", headers: far).status == 429)
        #expect(try service.ask("GET", "/metrics").status == 200)
    }

    /// A service manager's way, and a person's.
    @Test(arguments: [(SIGTERM, 0), (SIGINT, 130)] as [(Int32, Int32)])
    func endsInGoodOrder(_ signal: Int32, _ status: Int32) throws {
        let service = try RunningService()
        let idle = try service.connect()
        try idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try idle.readAnswer().status == 200)
        service.send(signal)
        let outcome = try service.wait()
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.wholeLines.count == 1)
        #expect(try idle.readToEnd() == [])
        let events = try outcome.errors.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(events.map { $0?["event"] as? String } == ["listening", "stopping", "stopped"])
        #expect(events.allSatisfy { $0?["schema"] as? String == "assayd.log/1" })
    }

    /// A signal at any moment of the start ends it in good order too.
    @Test func endsWhileItStarts() throws {
        let folder = try WorkFolder()
        for step in 0..<10 {
            let program = try Program(TestPaths.service, ["serve", "--data", "data"], in: folder.url)
            Thread.sleep(forTimeInterval: Double(step) * 0.03)
            program.send(SIGTERM)
            let outcome = try program.wait(limit: 20)
            // Before its handler is there, the signal ends the process itself.
            #expect(outcome.status == 0 || outcome.status == nil && outcome.output == "", "\(outcome.errors)")
        }
    }

    /// A request that came before the signal is still answered.
    @Test func answersWhatIsUnderWay() throws {
        let service = try RunningService()
        let connection = try service.connect()
        try connection.send("POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        Thread.sleep(forTimeInterval: 0.3)
        service.send(SIGTERM)
        Thread.sleep(forTimeInterval: 0.3)
        #expect(throws: RunningService.Fault.self) { try service.connect() }
        try connection.send("cd")
        let answer = try WireAnswer(try connection.readToEnd())
        #expect(answer.status == 404)
        #expect(answer.header("Connection")?.lowercased() == "close")
        #expect(try service.wait().status == 0)
    }

    private func run(_ arguments: [String], in folder: WorkFolder) throws -> Program.Outcome {
        try Program(TestPaths.service, arguments, in: folder.url).wait(limit: 20)
    }

    @Test(
        arguments: [
            (["serve"], 2, "missing expected argument '--data <dir>'"),
            (
                ["serve", "--data", "d", "--listen", "nowhere"], 2,
                "expected ADDRESS:PORT to listen on, found nowhere"
            ),
            (
                ["serve", "--data", "d", "--listen", "example.com:80"], 2,
                "expected ADDRESS:PORT to listen on"
            ),
            (
                ["serve", "--data", "d", "--listen", "0.0.0.0:0"], 2,
                "plain HTTP is for addresses of this machine alone, found 0.0.0.0"
            ),
            (["serve", "--data", "d", "--listen", "[::]:0", "--http"], 2, "plain HTTP is for addresses"),
            (["serve", "--data", "d", "--tls-cert", "a"], 2, "--tls-cert and --tls-key belong together"),
            (["serve", "--data", "d", "--http", "--self-signed"], 2, "expected one of --http, --tls-cert"),
            (["serve", "--data", "d", "--tls-cert", "no.crt", "--tls-key", "no.key"], 5, "cannot open"),
            (["serve", "--data", "d", "--data", "e"], 2, "expected --data once, found it twice"),
            (
                ["serve", "--data", "d", "--listen", "192.0.2.1:1", "--allow-remote-http"], 5,
                "cannot listen: "
            ),
            (["key"], 2, "USAGE: assayd key <subcommand>"),
            (
                ["serve", "--data", "d", "--command-timeout", "2678401"], 2,
                "--command-timeout must be 0…2678400"
            ),
            (["serve", "--data", "d", "--ca-passphrase-env", "P"], 2, "is of no use without --ca"),
            (
                ["serve", "--data", "d", "--ca", "c", "--ca-passphrase-env", "P", "--ca-passphrase-fd", "0"],
                2,
                "expected one of --ca-passphrase-file"
            ),
            (
                ["serve", "--data", "d", "--ca", "c", "--ca-passphrase-env", "NO_SUCH_NAME"], 5,
                "expected a passphrase in the environment variable NO_SUCH_NAME, found it unset"
            ),
            (
                ["serve", "--data", "d", "--ca", "c", "--ca-passphrase-file", "/dev/null"], 5,
                "expected a passphrase of 1 to 1024 bytes, found 0"
            ),
        ] as [([String], Int32, String)])
    func refusesToStart(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let folder = try WorkFolder()
        let outcome = try run(arguments, in: folder)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errors.lowercased().contains(message.lowercased()), "\(outcome.errors)")
    }

    @Test func theAddressIsTaken() throws {
        let service = try RunningService()
        let folder = try WorkFolder()
        let outcome = try run(["serve", "--data", "d", "--listen", "127.0.0.1:\(service.port)"], in: folder)
        #expect(outcome.status == 5)
        #expect(
            outcome.errors == """
                assayd: error: cannot listen: the address is in use
                assayd: at: address tcp://127.0.0.1:\(service.port)

                """)
    }

    /// One writer: a second service on the folder is turned away, keys are still made, and a killed one holds nothing.
    @Test func theFolderIsTaken() throws {
        let service = try RunningService()
        let second = try run(["serve", "--data", "data", "--listen", "127.0.0.1:0"], in: service.folder)
        #expect(second.status == 5)
        #expect(second.output == "")
        #expect(
            second.errors == """
                assayd: error: expected a folder that nobody serves, found another assayd at work in it
                assayd: at: data
                assayd: hint: stop that one first, or give another folder

                """)
        let key = try run(["key", "create", "--data", "data", "--role", "viewer"], in: service.folder)
        #expect(key.status == 0)
        try service.end(by: SIGKILL)
        let third = try RunningService(in: service.folder)
        #expect(try third.ask("GET", "/healthz").text == "ok\n")
    }

    @Test func saysWhatItIs() throws {
        let folder = try WorkFolder()
        #expect(try run(["--version"], in: folder).output == "0.1.0\n")
        let help = try run(["serve", "--help"], in: folder)
        #expect(help.status == 0)
        #expect(help.errors == "")
        #expect(help.output.contains("--allow-remote-http"))
    }
}
