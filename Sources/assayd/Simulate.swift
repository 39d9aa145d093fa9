public import ArgumentParser
public import Attestation
import CommandLineSupport
import Diagnostics
import InputOutput
import OpenSSL
import PKIX
import Simulator
import SimulatorCoAP
import SimulatorHTTP

/// `assayd simulate`
struct Simulate: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Let a fleet of simulated devices ask a service, execute and answer.",
        discussion: """
            The devices follow from --seed: the same text gives the same devices with the same identity keys. They do \
            what the device library does: a fresh JWT and a connection for each request, commands in their order to the \
            first failure, the report, and again until nothing waits; then they wait for their interval. Each has a \
            modem that executes %CMNG and %KEYGEN with its own credentials.

            A service at coaps:// is asked as the library asks over CoAP: DTLS 1.2 with a session that outlives requests, \
            one JWT a run, an authentication in each round; releases since 2.8 try to keep the session while the modem is \
            off line.

            --export writes what makes the fleet known to a service, without any network: devices.csv with the identity \
            keys, attestation_tokens.csv with what claims the devices, and jwts.txt.

            --serial is the modem of the fleet's first device at a pseudo-terminal: it answers AT commands as the firmware \
            does, for assay modem and whatever else talks to a serial port. {"schema":"assayd.serial/1","port":"…"} names \
            the terminal; a signal ends it. With --service it has the device library, too: AT#XNRFPROV starts a run, and \
            #XNRFPROV: n tells how it goes (1: the host takes the modem off line, 2: on line again, 0: done, negative: \
            failed), as in the vendor's Serial Modem.

            Nothing real may trust these devices, whose keys anybody has who knows the seed: their UUIDs begin with \
            53494d44-4556 (SIMDEV), their IMEIs with 001.

            One JSON object a device comes at the end, {"schema":"assayd.device/1",…}. The exit status is 3 if any did \
            not get where it should.

            EXAMPLES
              assayd simulate --export fleet --devices 10 --seed bench
              assayd simulate --service http://127.0.0.1:8080 --devices 10 --seed bench
              assayd simulate --service http://127.0.0.1:8080 --devices 1 --credentials modems
              assayd simulate --serial --seed bench
              assayd simulate --serial --seed bench --service http://127.0.0.1:8080
              assayd simulate --service https://localhost:8443 --root-ca bench/tls.crt --devices 1 --fail csr:514
              assayd simulate --service coaps://localhost:5684 --root-ca bench/tls.crt --devices 10 --seed bench
            """)

    @Option(help: .init("The service: scheme (http, https or coaps), host and port.", valueName: "url"))
    var service: String?

    @Option(help: .init("Write the fleet's files to this new folder instead.", valueName: "dir"))
    var export: String?

    @Flag(help: "Be a modem at a pseudo-terminal that answers AT commands.")
    var serial = false

    @Option(help: .init("How many devices; with --serial there is one.", valueName: "n"))
    var devices: Int?

    @Option(help: .init("What the fleet follows from.", valueName: "text"))
    var seed = "assay"

    @Option(
        help: .init("What %KEYGEN signs: plain as an nRF9151, bound as an nRF9160.", valueName: "profile"))
    var profile = SigningProfile.plain

    @Option(
        parsing: .unconditional,
        help: .init("Seconds by which the devices' clocks are ahead.", valueName: "seconds"))
    var clockSkew: Int64 = 0

    @OptionGroup(title: "With --service") var run: SimulateRunOptions

    @Flag(
        help:
            "Ask over CoAP, as a --service that begins with coaps:// does by itself; any other is refused then."
    )
    var coap = false

    @Flag(help: "With --serial: the firmware has a shell that takes AT commands after at.")
    var shell = false

    @Flag(help: "With --serial: what is said is repeated.")
    var echo = false

    @Flag(help: "With --export: replace an existing folder of such files.")
    var force = false

    func validate() throws {
        guard (export == nil) != (service == nil && !serial) else {
            throw ValidationError("expected one of --service, --export and --serial")
        }
        if serial, let devices, devices != 1 {
            throw ValidationError("--devices must be 1 with --serial, found \(devices)")
        }
        guard let count = serial ? 1 : devices else { throw ValidationError("expected --devices") }
        guard 1...1_000_000 ~= count else {
            throw ValidationError("--devices must be 1…1000000, found \(count)")
        }
        if !serial, shell || echo {
            throw ValidationError("\(shell ? "--shell" : "--echo") is of no use without --serial")
        }
        guard -1_000_000_000...1_000_000_000 ~= clockSkew else {
            throw ValidationError("--clock-skew must be within 1000000000 seconds, found \(clockSkew)")
        }
        if serial, let option = run.givenForFleet {
            throw ValidationError("\(option) is of no use with --serial: the host of the modem says when")
        }
        if service == nil, let option = run.given {
            throw ValidationError(
                "\(option) is of no use \(serial ? "without --service" : "with --export")")
        }
        if coap, service?.lowercased().hasPrefix("coaps://") != true {
            throw ValidationError(
                "expected a --service that begins with coaps:// with --coap (serve prints it)")
        }
        if export == nil, force { throw ValidationError("--force is of no use without --export") }
    }

    func run() async throws -> ExitStatus {
        if let export {
            try write(to: export)
            return Interruption.requested ? .interrupted : .done
        }
        if serial { return try await serve() }
        return try await simulate(at: try ServiceAddress(url: service ?? ""))
    }

    // MARK: Export

    private func write(to path: String) throws(ToolError) {
        let now = System.now().addingReportingOverflow(clockSkew).partialValue
        // As Python's isoformat writes it, which the vendor's utilities use.
        let timestamp = InternetTime.text(System.now()).dropLast() + ".000000+00:00"
        let export = FleetExport(
            seed: FleetSeed(seed), model: .signing(profile), now: now, timestamp: String(timestamp))
        let arithmetic = try Self.arithmetic()
        let folder = try NewFolder(path: path, replaces: force, mayReplace: FleetExport.names.contains)
        var files: [any ByteSink] = []
        for name in FleetExport.names { files.append(try folder.begin(name)) }
        try files[0].write(Array(FleetExport.header.utf8))
        for index in 0..<(devices ?? 1) {
            if Interruption.requested { throw Interruption.error }
            let lines = try export.lines(of: index, arithmetic: arithmetic)
            for (file, line) in zip(files, [lines.device, lines.token, lines.jwt]) {
                try file.write(Array(line.utf8))
            }
        }
        for file in files { try file.commit() }
        try folder.commit()
    }

    // MARK: Serial line

    private func serve() async throws -> ExitStatus {
        let arithmetic = try Self.arithmetic()
        var firmware = SerialModem.Firmware()
        firmware.hasShell = shell
        firmware.echoes = echo
        let device = try SimulatedDevice(
            seed: FleetSeed(seed), index: 0, model: .signing(profile), arithmetic: arithmetic)
        let service = try service.map { url in
            SerialService(
                transport: try Self.transport(to: ServiceAddress(url: url), roots: run.roots()),
                settings: try run.settings(
                    seed: FleetSeed(seed), model: .signing(profile), clockSkew: clockSkew),
                random: Self.random)
        }
        let line = SerialLine(
            device: device, firmware: firmware, clockSkew: clockSkew, arithmetic: arithmetic, service: service
        )
        let status = try await line.serve()
        await service?.transport.shutDown()
        return status
    }

    private static func random(_ count: Int) throws(ToolError) -> [UInt8] {
        do throws(OpenSSLError) { return try RandomBytes.make(count) } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private static func arithmetic() throws(ToolError) -> P256Arithmetic {
        do { return try P256Arithmetic() } catch { throw ToolError(.internalFault, error.message) }
    }

    // MARK: Simulation

    private func simulate(at address: ServiceAddress) async throws -> ExitStatus {
        let devices = devices ?? 1
        let settings = try run.settings(
            seed: FleetSeed(seed), model: .signing(profile), clockSkew: clockSkew)
        let folder = try run.credentials.map { path throws(ToolError) in
            try NewFolder(path: path, replaces: false) { _ in false }
        }
        let transport = try Self.transport(to: address, roots: try run.roots())
        let world = FleetRun.World(
            transport: transport, jobs: run.jobs ?? SimulateRunOptions.standardJobs, now: { System.now() },
            random: Self.random)
        let end = System.monotonicNanoseconds() &+ run.timeoutNanoseconds
        let outcomes = try await FleetRun(settings, count: devices).outcomes(
            in: world, mustEnd: { Interruption.requested || System.monotonicNanoseconds() >= end })
        await transport.shutDown()
        if let traffic = (transport as? CoAPTransport)?.traffic, !run.quiet {
            try StandardStream.error().write(Array(Self.line(of: traffic).utf8))
        }
        let output = StandardStream.output()
        for outcome in outcomes { try output.write(outcome.line) }
        if let folder { try write(outcomes, to: folder) }
        let there = outcomes.count { $0.status == settings.goal.status }
        if !run.quiet {
            let interrupted = Interruption.requested ? "interrupted: " : ""
            let line = "assayd: \(interrupted)\(there) of \(devices) devices \(settings.goal.rawValue)\n"
            try StandardStream.error().write(Array(line.utf8))
        }
        return Interruption.requested ? .interrupted : there == devices ? .done : .partial
    }
}

extension Simulate {
    private static func transport(
        to address: ServiceAddress, roots: [UInt8]?
    ) throws(ToolError) -> any DeviceTransport {
        switch address.scheme {
        case .http, .https: try HTTPTransport(to: address, roots: roots)
        case .coaps:
            // Message IDs and tokens, which need not be secret under DTLS.
            try CoAPTransport(to: address, roots: roots) { UInt64.random(in: .min ... .max) }
        }
    }

    private static func line(of traffic: CoAPTransport.Traffic) -> String {
        "assayd: \(traffic.handshakes) handshakes, \(traffic.resumed) of them resumed, \(traffic.datagrams) datagrams, "
            + "\(traffic.octetsSent) octets sent, \(traffic.octetsReceived) received\n"
    }

    /// Writes what the modems had in the end.
    private func write(_ outcomes: [DeviceOutcome], to folder: NewFolder) throws(ToolError) {
        for outcome in outcomes {
            for file in try Self.files(of: outcome) { try folder.write(file.content, as: file.name) }
        }
        try folder.commit()
    }

    private static func files(
        of outcome: DeviceOutcome
    ) throws(ToolError) -> [(name: String, content: [UInt8])] {
        do throws(OpenSSLError) {
            return try outcome.credentialFiles()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }
}

extension SigningProfile: ExpressibleByArgument {}
