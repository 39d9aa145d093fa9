import Batches
import DeviceIdentity
import Diagnostics
import JSON
import JWT

/// The result for one input, `assay.jwt/1`.
struct JWTReport: VerdictReport {
    let location: InputLocation
    var verdict: Verdict
    /// The header as it stands in the token.
    var header: JSONObject?
    /// nil for a rejected token: unverified claims must not be shown.
    var claims: JSONObject?
    /// The device that `iss` names.
    var device: DeviceUUID?
    var key: JWTKey?
    var failures: [CheckFailure] = []

    // MARK: JSON

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.jwt/1")
        writer.input(location)
        writer.parts(header: header, claims: claims, device: device)
        writer.member("verdict", verdict.rawValue)
        if let key {
            writer.key("key")
            writer.beginObject()
            writer.member("kid", hex: key.kid)
            writer.member("trust", key.trust)
            writer.endObject()
        }
        writer.key("failures")
        writer.failures(failures)
        writer.endObject()
        writer.newline()
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock()
        block.line("input", "\(location.source):\(location.line)")
        if let header { block.line("header", Self.compact(header)) }
        if let claims {
            block.line("claims", Self.compact(claims))
            for (name, label) in [("iat", "issued"), ("nbf", "not before"), ("exp", "expires")] {
                guard let seconds = claims[name]?.integerValue, (0...253_402_300_799).contains(seconds) else {
                    continue
                }
                block.line(label, Timestamp.text(seconds))
            }
        }
        if let device { block.line("device UUID", device.description) }
        block.line("verdict", verdict.rawValue)
        if let key { block.line("key", "\(Hex.encode(key.kid)) (\(key.trust))") }
        block.failures(failures)
        return block.bytes + [0x0a]
    }

    private static func compact(_ object: JSONObject) -> String {
        String(decoding: JSONValue.object(object).compact(), as: UTF8.self)
    }
}

extension JSONWriter {
    /// The members `header`, `claims` and `deviceUuid`, as far as they are known.
    mutating func parts(header: JSONObject?, claims: JSONObject?, device: DeviceUUID?) {
        if let header {
            key("header")
            value(.object(header))
        }
        if let claims {
            key("claims")
            value(.object(claims))
        }
        if let device {
            key("deviceUuid")
            string(asciiBytes: device.textBytes)
        }
    }
}
