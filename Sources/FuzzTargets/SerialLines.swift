import ATCommands
import OpenSSL
import Simulator

/// What comes over a serial line, to the bench and to the modem.
enum SerialLines {
    private static let requests: [ATRequest] = [
        .attention, .imei, .firmware, .deviceUUID, .listCredentials(), .attestationToken(),
        .setFunctionMode(1),
    ]

    /// Lines do not depend on how they come in; no more is kept than the bounds say; whatever was said to a modem, it
    /// answers in whole lines and understands the next command after a pause.
    static func check(_ bytes: [UInt8]) -> String? {
        let whole = lines([bytes[...]])
        let half = bytes.count / 2
        guard lines([bytes[..<half], bytes[half...]]) == whole, lines(bytes.map { [$0] }) == whole else {
            return "lines depend on how they come in"
        }
        for request in requests {
            var exchange = ATExchange(request)
            for line in whole {
                guard line.utf8.count <= 3 * ATLineReader.lineLimit else { return "a line beyond the bound" }
                guard let answer = exchange.take(line) else { continue }
                if case .ok(let information) = answer {
                    for line in information { _ = StoredCredential(information: line) }
                }
                break
            }
        }
        return checkModem(bytes)
    }

    /// The lines until a fault ends them.
    private static func lines(_ pieces: [ArraySlice<UInt8>]) -> [String] {
        var reader = ATLineReader()
        var lines: [String] = []
        for piece in pieces {
            do throws(ATLineReader.Fault) { try reader.take(piece, into: &lines) } catch { break }
        }
        return lines
    }

    private static func checkModem(_ bytes: [UInt8]) -> String? {
        guard let arithmetic = try? P256Arithmetic(), let modem = ModemCommands.modem(arithmetic) else {
            return "no modem"
        }
        for hasShell in [false, true] {
            var firmware = SerialModem.Firmware()
            firmware.hasShell = hasShell
            var line = SerialModem(modem, firmware)
            let answer = line.take(bytes, now: 1_800_000_000, arithmetic)
            guard hasShell || answer.isEmpty || answer.suffix(2) == [0x0d, 0x0a] else {
                return "an answer without its end of line"
            }
            line.forget()
            let next = line.take(Array((hasShell ? "at AT\r\n" : "AT\r\n").utf8), now: nil, arithmetic)
            guard String(decoding: next, as: UTF8.self).contains("OK\r\n") else {
                return "no answer after a pause"
            }
        }
        return nil
    }
}
