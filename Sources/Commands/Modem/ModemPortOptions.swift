import ATCommands
import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ModemLine

/// Which serial port the modem is at, and how it is spoken to.
struct ModemPortOptions: ParsableArguments {
    @Option(
        help: .init("The serial port: /dev/ttyACM0, or a name in /dev/serial/by-id.", valueName: "path"),
        completion: .file())
    var port: String

    @Option(help: .init("Bits a second.", valueName: "n"))
    var baud: UInt32 = 115_200

    @Flag(help: "The firmware has a shell that takes AT commands after at; without this it is found out.")
    var shell = false

    @Flag(help: "RTS and CTS say who may send.")
    var rtscts = false

    private static let standardTimeout: Int64 = 20

    @Option(help: .init("How long an answer may take: 5s, 1m (default: 20s).", valueName: "span"))
    var timeout: DurationArgument?

    func validate() throws {
        guard baud > 0 else { throw ValidationError("--baud must be at least 1, found 0") }
        if let timeout, !(1...3_600 ~= timeout.seconds) {
            throw ValidationError("--timeout must be 1s…1h, found \(timeout.seconds) seconds")
        }
    }

    /// Opens the port and finds the modem at it.
    func session() throws(ToolError) -> ModemSession {
        let serial = try SerialPort(path: port, baud: baud, hasFlowControl: rtscts)
        let seconds = timeout?.seconds ?? Self.standardTimeout
        return try ModemSession(
            serial, dialect: shell ? .shell : nil, timeout: UInt64(seconds) &* 1_000_000_000)
    }

    /// The members that every result about a modem begins with.
    func write(
        _ schema: StaticString, _ identity: ModemIdentity, _ uuid: DeviceUUID?, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("schema", ascii: schema)
        writer.member("port", port)
        if let uuid {
            writer.member("deviceUuid", uuid.description)
        }
        if let imei = identity.imei {
            writer.member("imei", imei.description)
        }
        writer.member("firmware", identity.firmware)
    }
}
