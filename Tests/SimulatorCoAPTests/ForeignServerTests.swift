import Foundation
import Simulator
import SimulatorCoAP
import TestFleet
import TestSupport
import Testing

/// The device's CoAP against servers that nobody here wrote: aiocoap behind socat's DTLS, and libcoap's own.
@Suite(.serialized) struct ForeignServerTests {
    /// What aiocoap serves; each request is a line of its output: method, path, query, content format, octets.
    private static let service = """
        import asyncio, sys, aiocoap
        from aiocoap import resource, Message, Code

        class Recorder(resource.Resource):
            def __init__(self, path, answer): super().__init__(); self.path = path; self.answer = answer
            async def render(self, request):
                format = request.opt.content_format
                print(request.code, self.path, "&".join(request.opt.uri_query), "-" if format is None else int(format),
                      len(request.payload), flush=True)
                return self.answer(request)
            async def needs_blockwise_assembly(self, request): return True

        suspends = sys.argv[2] == "suspends"
        site = resource.Site()
        def add(path, answer): site.add_resource(path.split("/"), Recorder(path, answer))
        add("p/auth-jwt",
            lambda r: Message(code=Code.CREATED if r.payload.startswith(b"good") else Code.FORBIDDEN, max_age=2592000))
        add("p/cmd", lambda r: Message(code=Code.CONTENT, payload=bytes(range(256)) * int(sys.argv[3]), content_format=60))
        add("p/rsp", lambda r: Message(code=Code.CHANGED))
        add(".dtls/suspend", lambda r: Message(code=Code.CHANGED if suspends else Code.NOT_FOUND))

        async def main():
            await aiocoap.Context.create_server_context(
                site, bind=("127.0.0.1", int(sys.argv[1])))
            print("ready", flush=True)
            await asyncio.get_running_loop().create_future()
        asyncio.run(main())
        """

    private static let query = FetchQuery(
        after: "u.1", receiveLimit: 2304, transmitLimit: 2304, firmwareVersion: "ignored",
        libraryVersion: "3.2.0",
        recordLimit: 10)

    /// Runs both servers while `body` talks to them, and answers what was asked.
    private func serve(
        suspends: Bool, parts: Int = 5, _ body: (CoAPTransport) async throws -> Void
    ) async throws -> [String] {
        let folder = try WorkFolder()
        try make(folder)
        let python = try Peers.python()
        let (inner, outer) = (try LoopbackPort.free(), try LoopbackPort.free())
        let aiocoap = try Program(
            URL(fileURLWithPath: python),
            ["-c", Self.service, "\(inner)", suspends ? "suspends" : "-", "\(parts)"],
            in: folder.url)
        defer { aiocoap.send(SIGKILL) }
        aiocoap.waitForOutput(bytes: 6, limit: 20)
        let socat = try Program(
            URL(fileURLWithPath: try find("socat", folder)),
            [
                "OPENSSL-DTLS-SERVER:\(outer),bind=127.0.0.1,fork,reuseaddr,cert=server.pem,verify=0",
                "UDP4:127.0.0.1:\(inner)",
            ], in: folder.url)
        defer { socat.send(SIGTERM) }
        try await Task.sleep(for: .milliseconds(500))
        let root = Array(try Data(contentsOf: folder.url.appendingPathComponent("server.crt")))
        let transport = try CoAPTransport(
            to: try ServiceAddress(url: "coaps://127.0.0.1:\(outer)"), roots: root, random: { 4 })
        try await body(transport)
        await transport.shutDown()
        return aiocoap.outputSoFar.split(separator: "\n").dropFirst().map(String.init)
    }

    private func find(_ program: String, _ folder: WorkFolder) throws -> String {
        guard let path = ChildProcess.find(program, in: ["PATH": "/usr/bin:/bin"], from: folder.url) else {
            try Skip.test("no \(program)")
        }
        return path
    }

    private func make(_ folder: WorkFolder) throws {
        let outcome = try ChildProcess(
            [
                "sh", "-c",
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.crt "
                    + "-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost "
                    + "&& cat server.key server.crt >server.pem",
            ], in: folder.url, environment: ["PATH": "/usr/bin:/bin"]
        ).run()
        #expect(outcome.status == 0)
    }

    private let jwt = "good" + String(repeating: "x", count: 596)
    /// So many times 256 octets.
    private func commands(_ parts: Int = 5) -> ServiceAnswer {
        .content((0..<parts).flatMap { _ in (0..<256).map { UInt8($0) } })
    }

    /// The session is kept where the service suspends it: one authentication a round, blocks both ways.
    @Test func keptSession() async throws {
        let asked = try await serve(suspends: true) { transport in
            let line = transport.line(profile: .v3_2, firmwareName: "mfw_nrf91x1_2.0.2")
            #expect(await line.exchange(.fetch(Self.query), jwt: jwt) == commands())
            #expect(await line.exchange(.report([UInt8](repeating: 1, count: 3_000)), jwt: jwt) == .accepted)
            #expect(await line.exchange(.fetch(Self.query), jwt: jwt) == commands())
            await line.endRun()
            #expect(transport.traffic.handshakes == 1)
        }
        let auth = "POST p/auth-jwt mver=mfw_nrf91x1_2.0.2&cver=3.2.0 60 600"
        let fetch = "GET p/cmd after=u.1&rxMaxSize=2304&txMaxSize=2304&limit=10 - 0"
        let suspend = "POST .dtls/suspend  - 0"
        #expect(asked == [auth, fetch, suspend, "POST p/rsp  60 3000", auth, fetch, suspend])
    }

    /// Where it is not suspended a report needs a session of its own; old releases close theirs by themselves.
    @Test(arguments: [ClientProfile.v3_2, .v2]) func newSession(_ profile: ClientProfile) async throws {
        // Without a proposal aiocoap answers in blocks that old clients have no room for.
        let asked = try await serve(suspends: false, parts: profile.coap.proposesBlocks ? 5 : 1) {
            transport in
            let line = transport.line(profile: profile, firmwareName: "mfw")
            #expect(
                await line.exchange(.fetch(Self.query), jwt: jwt)
                    == commands(profile.coap.proposesBlocks ? 5 : 1))
            #expect(await line.exchange(.report([1, 2, 3]), jwt: jwt) == .accepted)
            await line.endRun()
            #expect(transport.traffic.handshakes == 2)
        }
        let auth = "POST p/auth-jwt mver=mfw&cver=\(profile.libraryVersion) 60 600"
        let isOld = profile == .v2
        let fetch =
            isOld
            // With a format for nothing.
            ? "GET p/cmd after=u.1&rxMaxSize=2304&txMaxSize=2304&limit=10 60 0"
            : "GET p/cmd after=u.1&rxMaxSize=2304&txMaxSize=2304&limit=10 - 0"
        #expect(
            asked == [auth, fetch] + (isOld ? [] : ["POST .dtls/suspend  - 0"]) + [
                auth, "POST p/rsp  60 3",
            ])
    }

    /// Whom the service does not take, is told so; a query is cut where the client's room for it ends.
    @Test func refusals() async throws {
        let asked = try await serve(suspends: false, parts: 1) { transport in
            let line = transport.line(profile: .v2, firmwareName: "mfw")
            #expect(await line.exchange(.fetch(Self.query), jwt: "bad") == .forbidden)
            await line.endRun()
            let long = FetchQuery(
                after: "9685ef84-8cac-4257-b5cc-94bc416a1c1d.d", receiveLimit: 2304, transmitLimit: 2304,
                firmwareVersion: "", libraryVersion: "", recordLimit: nil)
            #expect(await line.exchange(.fetch(long), jwt: jwt) == commands(1))
            await line.endRun()
        }
        #expect(
            asked == [
                "POST p/auth-jwt mver=mfw&cver=1 60 3", "POST p/auth-jwt mver=mfw&cver=1 60 600",
                "GET p/cmd after=9685ef84-8cac-4257-b5cc-94bc416a1c1d.d&rxMaxSize=230 60 0",
            ])
    }

    /// Libcoap's server knows nothing of what we ask, and says so in a session that stands.
    @Test func libcoap() async throws {
        let folder = try WorkFolder()
        try make(folder)
        let port = try LoopbackPort.free()
        let server = try Program(
            URL(fileURLWithPath: try find("coap-server-openssl", folder)),
            ["-A", "127.0.0.1", "-p", "\(port - 1)", "-c", "server.crt", "-j", "server.key", "-n"],
            in: folder.url)
        defer { server.send(SIGKILL) }
        try await Task.sleep(for: .milliseconds(500))
        let root = Array(try Data(contentsOf: folder.url.appendingPathComponent("server.crt")))
        let transport = try CoAPTransport(
            to: try ServiceAddress(url: "coaps://127.0.0.1:\(port)"), roots: root, random: { 4 })
        let line = transport.line(profile: .v3_2, firmwareName: "mfw")
        let answer = await line.exchange(.fetch(Self.query), jwt: jwt)
        #expect(answer == .unexpected("4.04") || answer == .unexpected("4.05"), "\(answer)")
        #expect(transport.traffic.handshakes == 1)
        await line.endRun()
        await transport.shutDown()
    }

    /// Nobody there, or nobody who answers.
    @Test func nobody() async throws {
        let folder = try WorkFolder()
        try make(folder)
        let root = Array(try Data(contentsOf: folder.url.appendingPathComponent("server.crt")))
        let port = try LoopbackPort.free()
        let transport = try CoAPTransport(
            to: try ServiceAddress(url: "coaps://127.0.0.1:\(port)"), roots: root, random: { 4 })
        let line = transport.line(profile: .v3_2, firmwareName: "mfw")
        let answer = await line.exchange(.fetch(Self.query), jwt: jwt)
        #expect(answer == .unreachable("the connection was refused"))
        await transport.shutDown()
    }
}
