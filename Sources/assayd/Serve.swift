import ArgumentParser
import CommandLineSupport
import Diagnostics
import InputOutput
import JSON
import NIOCore
import NIOPosix
import PKIX
import ProvisioningAPI
import ServerCoAP
import ServerHTTP
import ServerSupport
import Service

extension ServiceConfiguration.FailureRule: ExpressibleByArgument {}

/// `assayd serve`
struct Serve: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve operators and devices until a signal asks for the end.",
        discussion: """
            As soon as connections are accepted one line goes to standard output, \
            {"schema":"assayd.listening/1","url":"https://127.0.0.1:8443"}; everything after that is the log on \
            standard error. With --coap it says "coap":"coaps://127.0.0.1:5684" as well.

            Without an option for TLS it is plain HTTP, which is refused on an address that other machines reach. \
            SIGTERM and SIGINT stop it: no new connection is accepted, what is being worked on is answered, for ten \
            seconds at most. The exit status is 0 after SIGTERM, as service managers expect, and 130 after SIGINT.

            With --coap devices reach it by datagrams too: CoAP over DTLS 1.2, with the same certificate, whose key has to \
            be P-256 for modems. A device proves once a session who it is; a session ends after --coap-idle seconds of \
            silence. A modem that executes commands is off the network for up to four minutes.

            SIGHUP reads the files of --tls-cert and --tls-key again: new connections get the new certificate, those that \
            are open end as they began. Where the files cannot be used the old certificate stays, and the log says so. \
            Started on a terminal, it ends with its terminal.

            GET /healthz and /readyz need no key. /metrics (Prometheus) needs none on this machine; from elsewhere, also \
            through a proxy, it needs an API key of any role. None of them names a device.

            A command whose result a device owes for longer than --command-timeout, or its own timeoutSeconds, is overdue: \
            the diagnosis says so, and it can be skipped or deleted.

            EXAMPLES
              assayd serve --data /var/lib/assayd --listen 127.0.0.1:8080
              assayd serve --data bench --listen 127.0.0.1:8443 --self-signed
              assayd serve --data /var/lib/assayd --listen 0.0.0.0:443 --tls-cert server.pem --tls-key server.key
              assayd serve --data /var/lib/assayd --listen 0.0.0.0:443 --coap 0.0.0.0:5684 --tls-cert server.pem \
            --tls-key server.key
              assayd serve --data bench --listen 127.0.0.1:8080 --ca ca --ca-passphrase-file ca.pass
              kill -HUP PID
            """)

    @OptionGroup var folder: DataOptions

    @Option(help: .init("Listen here; port 0 lets the system choose.", valueName: "address:port"))
    var listen = "127.0.0.1:0"

    @Flag(help: "Plain HTTP, which is the default on an address of this machine alone.")
    var http = false

    @Flag(
        help: """
            Plain HTTP also on an address that others reach, for a proxy in front that speaks TLS: API keys and device \
            tokens cross the network in the clear.
            """)
    var allowRemoteHttp = false

    @Option(
        help: .init(
            "The server's certificate in PEM, its own first, then the CAs above it.", valueName: "file"))
    var tlsCert: String?

    @Option(help: .init("The certificate's key in PEM, not encrypted.", valueName: "file"))
    var tlsKey: String?

    @Flag(
        help: """
            TLS with a certificate of the service's own for localhost and 127.0.0.1, made once and kept as tls.crt in the \
            folder: clients take that file as their root.
            """)
    var selfSigned = false

    @Option(
        help: .init(
            "Serve devices by CoAP over DTLS here as well; port 0 lets the system choose, devices use 5684.",
            valueName: "address:port"))
    var coap: String?

    @Option(help: .init("DTLS sessions at once, about 50 kB each (default: 20000).", valueName: "n"))
    var coapSessions: Int?

    @Option(
        help: .init(
            "Seconds of silence after which a DTLS session ends (default: 600).", valueName: "seconds"))
    var coapIdle: UInt64?

    @Option(
        help: .init(
            "Where clients reach the service, for addresses in answers; they are left out otherwise.",
            valueName: "url"))
    var publicUrl: String?

    @Option(
        help: .init(
            "The folder of the CA that signs what devices generate under a rule (assay ca init).",
            valueName: "dir"))
    var ca: String?

    @OptionGroup var authority: SecretOptions<AuthorityPassphrase>

    @Option(
        help: .init(
            "What becomes of the commands after one that failed: suspend, they wait until a person skips, changes or "
                + "repeats it; clear, they go.", valueName: "rule"))
    var onFailure = ServiceConfiguration.FailureRule.suspend

    @Flag(
        help: """
            Take the identity key of an unknown device from its own signatures, as device learn does. Whoever comes first \
            with a UUID is believed.
            """)
    var learnKeys = false

    @Option(
        help: .init(
            "Requests that one API key may make in a minute, 0 for any number; more are answered 429.",
            valueName: "n"))
    var requestsPerMinute = 0

    @Option(
        help: .init(
            "Fetches that one device may make in a minute, 0 for any number; more make it back off.",
            valueName: "n"))
    var fetchesPerMinute = 0

    @Option(
        help: .init(
            "Seconds after its delivery at which a command without a result is overdue, 0 for never.",
            valueName: "seconds"))
    var commandTimeout: Int64 = 600

    @Option(help: .init("Seconds that a client may take for each part of a request.", valueName: "seconds"))
    var requestTimeout = 60

    @Option(help: .init("Connections at once; more wait.", valueName: "n"))
    var maxConnections = 1000

    @Option(
        help: .init(
            "For rehearsal, on this machine alone: do this to operators' requests with this probability. Kinds: "
                + Fault.allCases.map(\.rawValue).joined(separator: ", ") + ". Several are allowed.",
            valueName: "kind:p"))
    var fault: [String] = []

    @Option(help: .init("What decides which requests get a fault (default: 0).", valueName: "text"))
    var seed: String?

    func validate() throws {
        guard seed == nil || !fault.isEmpty else { throw ValidationError("--seed needs --fault") }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key belong together, found one")
        }
        let ways = [http || allowRemoteHttp, tlsCert != nil, selfSigned].count { $0 }
        guard ways <= 1 else {
            throw ValidationError("expected one of --http, --tls-cert and --self-signed, found \(ways)")
        }
        guard 1...3600 ~= requestTimeout else {
            throw ValidationError("--request-timeout must be 1…3600, found \(requestTimeout)")
        }
        guard coap == nil || tlsCert != nil || selfSigned else {
            throw ValidationError("--coap needs a certificate: --tls-cert and --tls-key, or --self-signed")
        }
        guard coap != nil || coapSessions == nil && coapIdle == nil else {
            throw ValidationError("--coap-sessions and --coap-idle need --coap")
        }
        if let coapSessions, !(1...1_000_000 ~= coapSessions) {
            throw ValidationError("--coap-sessions must be 1…1000000, found \(coapSessions)")
        }
        if let coapIdle, !(30...86_400 ~= coapIdle) {
            throw ValidationError("--coap-idle must be 30…86400, found \(coapIdle)")
        }
        if let publicUrl, !publicUrl.hasPrefix("https://"), !publicUrl.hasPrefix("http://") {
            throw ValidationError("--public-url must begin with https:// or http://, found \(publicUrl)")
        }
        guard requestsPerMinute >= 0, fetchesPerMinute >= 0 else {
            throw ValidationError("a rate must be 0 or more")
        }
        guard 0...CommandBody.timeouts.upperBound ~= commandTimeout else {
            throw ValidationError(
                "--command-timeout must be 0…\(CommandBody.timeouts.upperBound), found \(commandTimeout)")
        }
        guard ca != nil || authority.source == nil else {
            throw ValidationError("a passphrase of the CA's key is of no use without --ca")
        }
        guard 1...100_000 ~= maxConnections else {
            throw ValidationError("--max-connections must be 1…100000, found \(maxConnections)")
        }
    }

    func run() async throws -> ExitStatus {
        // On a terminal SIGHUP says that it was closed.
        if !System.isTerminal(StandardStream.errorDescriptor) { Interruption.takeHangupAsReload() }
        let address = try ListenAddress(listen)
        var coapAddress: ListenAddress?
        if let coap { coapAddress = try ListenAddress(coap) }
        try checkPlain(address)
        let faults = try plan(address)
        let log = ServiceLog()
        var configuration = try folder.configuration()
        // One writer: what the service holds in memory of its store is its own.
        let lock = try FolderLock(configuration.dataFolder, holder: "another assayd")
        defer { withExtendedLifetime(lock) {} }
        configuration.authorityFolder = ca
        configuration.authorityPassphrase = try authority.secret()
        configuration.commandTimeout = commandTimeout
        configuration.publicAddress = publicUrl.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        configuration.onFailure = onFailure
        configuration.learnKeys = learnKeys
        configuration.requestsPerMinute = requestsPerMinute
        configuration.fetchesPerMinute = fetchesPerMinute
        configuration.noteFault = { log.note("fault", ["message": $0], level: .error) }
        if !fault.isEmpty {
            log.note("rehearsal", ["faults": fault.joined(separator: " ")], level: .warning)
        }
        let material = try material(configuration.dataFolder, log)
        let tls = try material.map { material throws(ToolError) in try ServerTLS(material) }
        // Some for the stores, standard streams and event loops.
        let needed = maxConnections + 64
        let files = OpenFileLimit.raise(to: needed)
        guard files >= needed else {
            throw ToolError(
                .usage, "expected room for \(needed) open files, found \(files)",
                hint: "raise the limit (ulimit -n, LimitNOFILE), or give a smaller --max-connections")
        }
        let service = try service(configuration)
        var limits = HTTPLimits()
        limits.requestTimeout = .seconds(Int64(requestTimeout))
        limits.connections = maxConnections
        let dispatcher = Dispatcher()
        let server = HTTPServer(
            service, on: address, tls: tls, limits: limits, dispatcher: dispatcher, log: log, faults: faults)
        let waiter = NIOThreadPool(numberOfThreads: 1)
        waiter.start()
        do {
            let coap = try await startCoAP(service, coapAddress, material, dispatcher, log)
            let isWhole: Bool
            do {
                isWhole = try await server.run(
                    onListening: { url in
                        log.note("listening", ["url": url])
                        if let coap { log.note("listening", ["url": coap.url]) }
                        Self.tell(url, coap?.url)
                    },
                    until: {
                        try? await waiter.runIfActive {
                            while Interruption.next() == .reload { self.reload(tls, coap, log) }
                        }
                        coap?.stopAccepting()
                    })
            } catch {
                _ = await coap?.stop()
                throw error
            }
            let isCoAPWhole = await coap?.stop() ?? true
            // What was cut may work for as long as it likes.
            if isWhole, isCoAPWhole { await dispatcher.shutdown() }
        } catch {
            service.shutdown()
            await log.close()
            throw error
        }
        service.shutdown()
        log.note("stopped")
        await log.close()
        return Interruption.isTermination ? .done : .interrupted
    }

    private func service(_ configuration: ServiceConfiguration) throws(ToolError) -> ProvisioningService {
        do {
            return try ProvisioningService(configuration: configuration)
        } catch {
            guard error.code == .passphrase, authority.source == nil else { throw error }
            var error = error
            error.hint = "give --ca-passphrase-file, --ca-passphrase-fd or --ca-passphrase-env"
            throw error
        }
    }

    private func startCoAP(
        _ service: ProvisioningService, _ address: ListenAddress?, _ material: TLSMaterial?,
        _ dispatcher: Dispatcher, _ log: ServiceLog
    ) async throws(ToolError) -> CoAPServer? {
        guard let address, let material else { return nil }
        var limits = CoAPLimits()
        if let coapSessions { limits.sessions = coapSessions }
        if let coapIdle { limits.idle = coapIdle }
        return try await CoAPServer.start(
            service, on: address, material: material, limits: limits, dispatcher: dispatcher, log: log)
    }

    /// Reads the certificate's files again; whatever is wrong with them, the service goes on as it is.
    private func reload(_ tls: ServerTLS?, _ coap: CoAPServer?, _ log: ServiceLog) {
        guard let tls, let tlsCert, let tlsKey else { return log.note("nothing-to-reload") }
        do throws(ToolError) {
            let material = try TLSMaterial.read(certificate: tlsCert, key: tlsKey)
            // Both or neither.
            let context = try coap.map { _ throws(ToolError) in try CoAPServer.context(material) }
            try tls.replace(by: material)
            if let context { coap?.use(context) }
            log.note(
                "certificate-replaced", ["file": tlsCert, "notAfter": InternetTime.text(material.notAfter)])
            warnOfExpiry(material, tlsCert, log)
        } catch {
            log.note("certificate-kept", ["file": tlsCert, "message": error.message], level: .error)
        }
    }

    private func warnOfExpiry(_ material: TLSMaterial, _ file: String, _ log: ServiceLog) {
        guard material.notAfter <= System.now() else { return }
        log.note("certificate-expired", ["file": file], level: .warning)
    }

    private func plan(_ address: ListenAddress) throws(ToolError) -> FaultPlan? {
        if fault.isEmpty { return nil }
        guard address.isLoopback else {
            throw ToolError(
                .usage, "--fault is for addresses of this machine alone, found \(address.host)",
                hint: "listen on 127.0.0.1")
        }
        var shares: [FaultPlan.Share] = []
        for text in fault { shares.append(try FaultPlan.Share(text)) }
        return try FaultPlan(shares, seed: seed ?? "0")
    }

    private func checkPlain(_ address: ListenAddress) throws(ToolError) {
        guard tlsCert == nil, !selfSigned, !allowRemoteHttp, !address.isLoopback else { return }
        throw ToolError(
            .usage, "plain HTTP is for addresses of this machine alone, found \(address.host)",
            hint: "give --tls-cert and --tls-key, or --allow-remote-http where a proxy in front speaks TLS")
    }

    private func material(_ folder: String, _ log: ServiceLog) throws(ToolError) -> TLSMaterial? {
        if selfSigned {
            let (material, isNew) = try SelfSignedCertificate.load(in: folder, at: System.now())
            if isNew {
                log.note("certificate-made", ["file": SelfSignedCertificate.files(in: folder).certificate])
            }
            return material
        }
        guard let tlsCert, let tlsKey else { return nil }
        let material = try TLSMaterial.read(certificate: tlsCert, key: tlsKey)
        warnOfExpiry(material, tlsCert, log)
        return material
    }

    /// Standard output is a pipe as a rule; nothing of ours is buffered.
    private static func tell(_ url: String, _ coap: String?) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", "assayd.listening/1")
        writer.member("url", url)
        writer.member("coap", ifPresent: coap)
        writer.endObject()
        writer.newline()
        try? StandardStream.output().write(writer.bytes)
    }
}
