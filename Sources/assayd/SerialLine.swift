import Diagnostics
import InputOutput
import JSON
import OpenSSL
import Simulator

/// `assayd simulate --serial`: a simulated modem at a pseudo-terminal, until a signal ends it.
struct SerialLine {
    /// After this time without an octet, in nanoseconds, a command that has begun is forgotten.
    private static let pause: UInt64 = 2_000_000_000
    /// How often it is looked whether the service answered, in milliseconds.
    private static let look: Int32 = 10

    let device: SimulatedDevice
    let firmware: SerialModem.Firmware
    /// Seconds by which the modem's clock is ahead.
    let clockSkew: Int64
    let arithmetic: P256Arithmetic
    /// What its provisioning sessions ask, for a firmware that has them.
    let service: SerialService?

    func serve() async throws(ToolError) -> ExitStatus {
        let terminal = try PseudoTerminal()
        var modem = SerialModem(Modem(device), firmware, session: service?.session(of: device))
        var errand = service.map { SerialErrand($0, device, arithmetic) }
        try announce(terminal)
        terminal.write(modem.greeting)
        var octets: [UInt8] = []
        var heard = System.monotonicNanoseconds()
        while !Interruption.requested {
            let patience = errand?.isUnderWay == true ? Self.look : Int32(Self.pause / 1_000_000)
            let came = try terminal.read(into: &octets, milliseconds: patience)
            let moment = System.monotonicNanoseconds()
            if came {
                heard = moment
                let answer = modem.take(octets, now: now, arithmetic)
                octets.removeAll(keepingCapacity: true)
                // Of an answer that nobody reads the rest is lost, as on a wire.
                terminal.write(answer)
            } else if moment &- heard >= Self.pause {
                modem.forget()
            }
            if let notices = try await errand?.tend(&modem, now: now, moment) { terminal.write(notices) }
        }
        await errand?.end()
        // Service managers end a service in good order by SIGTERM.
        return Interruption.isTermination ? .done : .interrupted
    }

    private var now: Int64 { System.now().addingReportingOverflow(clockSkew).partialValue }

    private func announce(_ terminal: PseudoTerminal) throws(ToolError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assayd.serial/1")
        writer.member("port", terminal.path)
        writer.endObject()
        writer.newline()
        try StandardStream.output().write(writer.bytes)
    }
}
