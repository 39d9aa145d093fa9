import DeviceIdentity
import OpenSSL

/// The modem's own lines: `%ATTESTTOKEN: "…"`, `%KEYGEN: "…"`, `%CLAIMTOKEN: "…"`.
public enum ModemLog {
    private static let markers = ["%ATTESTTOKEN:", "%KEYGEN:", "%CLAIMTOKEN:"].map { Array($0.utf8) }

    /// The token in a line of a log, wherever in the line it stands; `nil` for every other line.
    public static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        value(of: markers, in: line)
    }

    /// What stands after `marker`, such as `%DEVICEUUID:`, without quotation marks; `nil` for every other line.
    public static func value(of marker: [UInt8], in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        value(of: [marker], in: line)
    }

    private static func value(of markers: [[UInt8]], in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var position = line.startIndex
        while let percent = Octets.firstIndex(of: UInt8(ascii: "%"), in: line[position...]) {
            for marker in markers where line[percent...].starts(with: marker) {
                return value(line[(percent + marker.count)...])
            }
            position = percent + 1
        }
        return nil
    }

    /// Whether a line has the character that answers begin with: most lines that are none do not.
    public static func mayBeAnswer(_ line: ArraySlice<UInt8>) -> Bool {
        Octets.firstIndex(of: UInt8(ascii: "%"), in: line) != nil
    }

    private static func value(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = rest.drop(while: isBlank)
        if text.first == UInt8(ascii: "\"") {
            let body = text.dropFirst()
            return body[..<(body.firstIndex(of: UInt8(ascii: "\"")) ?? body.endIndex)]
        }
        return text.prefix { !isBlank($0) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }
}
