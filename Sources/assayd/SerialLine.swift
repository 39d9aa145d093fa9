import Diagnostics
import InputOutput
import JSON
import OpenSSL
import Simulator

/// `assayd simulate --serial`: a simulated modem at a pseudo-terminal, until a signal ends it.
struct SerialLine {
    /// After this time without an octet a command that has begun is forgotten.
    private static let pause: Int32 = 2_000

    let device: SimulatedDevice
    let firmware: SerialModem.Firmware
    /// Seconds by which the modem's clock is ahead.
    let clockSkew: Int64
    let arithmetic: P256Arithmetic

    func serve() throws(ToolError) -> ExitStatus {
        let terminal = try PseudoTerminal()
        var modem = SerialModem(Modem(device), firmware)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assayd.serial/1")
        writer.member("port", terminal.path)
        writer.endObject()
        writer.newline()
        try StandardStream.output().write(writer.bytes)
        terminal.write(modem.greeting)
        var octets: [UInt8] = []
        while !Interruption.requested {
            guard try terminal.read(into: &octets, milliseconds: Self.pause) else {
                modem.forget()
                continue
            }
            let now = System.now().addingReportingOverflow(clockSkew).partialValue
            let answer = modem.take(octets, now: now, arithmetic)
            octets.removeAll(keepingCapacity: true)
            // Of an answer that nobody reads the rest is lost, as on a wire.
            terminal.write(answer)
        }
        // Service managers end a service in good order by SIGTERM.
        return Interruption.isTermination ? .done : .interrupted
    }
}
