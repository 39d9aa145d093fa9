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
        writer.beginResult("assay.jwt/1", location)
        writer.parts(header: header, claims: claims, device: device)
        writer.member("verdict", verdict.rawValue)
        if let key {
            writer.identityKey(kid: key.kid, trust: key.trust)
        }
        writer.endResult(failures)
    }

    // MARK: Text

    var text: [UInt8] {
        var block = TextBlock(of: location)
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
        return block.ended(by: failures)
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
