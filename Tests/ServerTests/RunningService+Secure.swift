import DeviceIdentity
import Foundation
import TestFleet
import TestSupport
import Testing

/// The operators' side of a service that speaks TLS with a certificate of its own, by curl.
extension RunningService {
    /// One request with a key; the body of the answer.
    ///
    /// - Parameter path: after `/v1`, or a whole one with `root`.
    func askSecurely(
        _ key: String, _ method: String, _ path: String, _ body: String = "", root: String = "/v1"
    ) throws
        -> String
    {
        let data = body.isEmpty ? [] : ["-H", "Content-Type: application/json", "--data-binary", body]
        let outcome = try ChildProcess(
            [
                "curl", "-sS", "-X", method, "--cacert", "data/tls.crt", "-H", "Authorization: Bearer \(key)",
                "\(url)\(root)\(path)",
            ] + data, in: folder.url,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"], input: Data(),
            limit: 30
        ).run()
        try #require(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        return String(decoding: outcome.standardOutput, as: UTF8.self)
    }

    /// Registers and claims a device for the team of a key.
    func claimSecurely(_ device: WireDevice, _ key: String) throws {
        try device.register(at: self)
        let made = try askSecurely(
            key, "POST", "/claimed-devices", #"{"claimToken":"\#(try device.claimToken)","tags":[]}"#)
        try #require(made.contains(device.device.uuid.description), "\(made)")
    }

    /// Adds a command; its id.
    func addSecurely(_ request: String, to device: WireDevice, _ key: String) throws -> String {
        let made = try askSecurely(
            key, "POST", "/claimed-devices/\(device.device.uuid)/provisioning", #"{"request":\#(request)}"#)
        return try #require(try JSONText.member("id", of: made), "\(made)")
    }
}

enum JSONText {
    /// The text that is a member of an object.
    static func member(_ name: String, of json: String) throws -> String? {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        return object?[name] as? String
    }
}
