import Foundation
import TestFleet
import TestSupport
import Testing

/// The operators' side of a service that runs.
extension RunningService {
    /// An API key from the command line, beside the service.
    func makeKey(_ role: String, team: String = "default") throws -> String {
        let outcome = try Program(
            TestPaths.service, ["key", "create", "--data", "data", "--role", role, "--team", team],
            in: folder.url
        ).wait(limit: 20)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return String(try #require(outcome.wholeLines.first))
    }

    /// One request with a key.
    ///
    /// - Parameter path: after `/v1`, written on the wire as it is.
    func ask(
        as key: String, _ method: String, _ path: String, _ body: String = "",
        type: String = "application/json"
    ) throws -> WireAnswer {
        try ask(
            method, "/v1" + path, headers: ["Authorization: Bearer \(key)", "Content-Type: \(type)"],
            body: body)
    }

    /// Registers and claims a device for the team of a key.
    func claim(_ device: WireDevice, as key: String, tags: String = "") throws {
        try device.register(at: self)
        let claim = #"{"claimToken":"\#(try device.claimToken)","tags":[\#(tags)]}"#
        let answer = try ask(as: key, "POST", "/claimed-devices", claim)
        try #require(answer.status == 201, "\(answer.text)")
    }

    /// Adds a command; its id.
    @discardableResult
    func add(_ request: String, to device: WireDevice, as key: String) throws -> String {
        let answer = try ask(
            as: key, "POST", "/claimed-devices/\(device.device.uuid)/provisioning",
            #"{"request":\#(request)}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["id"] as? String)
    }

    /// What the owner of a team sees of everything that belongs to it, as texts that can be compared.
    func everything(of device: WireDevice, as key: String) throws -> [String] {
        let path = "/claimed-devices/\(device.device.uuid)"
        return try [
            "/claimed-devices", path, path + "/provisioning", path + "/events", path + "/next",
            "/provisioning-rules", "/provisioning/tags", "/bulk-ops-requests", "/devices",
        ].map { path in
            let answer = try ask(as: key, "GET", path)
            try #require(answer.status == 200, "\(path) \(answer.text)")
            return answer.text
        }
    }
}
