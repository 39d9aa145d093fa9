import Attestation
import Batches
import Diagnostics
import JSON
import ProvisioningCommands

/// The result for one message, `assay.device-message/1`.
struct MessageReport: Report {
    enum Content: Sendable {
        case commands([ReceivedCommand])
        case responses([ResponseReport])
        case diagnostic(String)
        case failure(ToolError)
    }

    let location: InputLocation
    /// Bytes of the CBOR.
    let size: Int?
    let content: Content
    /// Whether the source itself could not be read, which is said for all of it.
    var isSource = false
    /// Whether a person reads the result at once.
    var isIndented = false

    var outcome: Outcome {
        guard case .failure(let error) = content else { return .good }
        return isSource ? Outcome(ofSource: error) : .malformed
    }

    var reason: String? {
        if case .failure(let error) = content { error.code.rawValue } else { nil }
    }

    /// How many attestation tokens are left out, which the run says at its end.
    var remarks: Int {
        if case .responses(let responses) = content { responses.count(where: \.isWithheld) } else { 0 }
    }

    /// Diagnostic notation, or the JSON document; nothing for what could not be read.
    var text: [UInt8] {
        switch content {
        case .diagnostic(let notation): return Array(notation.utf8) + [0x0a]
        case .commands, .responses: return (isIndented ? json.indented() : json.compact()) + [0x0a]
        case .failure: return []
        }
    }

    var complaint: ToolError? {
        guard case .failure(let error) = content, !isSource else { return nil }
        return error.at("file", "\(location.source.escapedForTerminal):\(location.line)")
    }

    func write(json writer: inout JSONWriter) {
        writer.value(json)
        writer.newline()
    }

    private var json: JSONValue {
        var object: JSONObject = [
            "schema": .string("assay.device-message/1"),
            "input": .object([
                "source": .string(location.source), "line": .integer(Int64(location.line)),
            ]),
        ]
        if case .failure(let error) = content {
            object["status"] = .string("malformed")
            object["failures"] = .array([
                .object(["code": .string(error.code.rawValue), "message": .string(error.message)])
            ])
            return .object(object)
        }
        object["status"] = .string("decoded")
        object["size"] = size.map { .integer(Int64($0)) }
        switch content {
        case .commands(let commands):
            object["kind"] = .string("commands")
            object["commands"] = .array(commands.map(\.json))
        case .responses(let responses):
            object["kind"] = .string("responses")
            object["responses"] = .array(responses.map(\.json))
        case .diagnostic(let notation): object["diagnostic"] = .string(notation)
        case .failure: break
        }
        return .object(object)
    }
}

/// One response, with the token that its text holds.
struct ResponseReport: Sendable {
    private let response: DeviceResponse
    private let token: ResponseToken?
    /// Whether the text is left out because of the attestation token in it.
    let isWithheld: Bool

    init(_ response: DeviceResponse, reveals: Bool) {
        self.response = response
        let text: String
        switch response.result {
        case .ok(let message), .error(_, let message): text = message
        case .config, .finished: text = ""
        }
        token = ResponseToken(in: Array(text.utf8))
        isWithheld = token?.isCredential == true && !reveals
    }

    var json: JSONValue {
        var object: JSONObject = ["correlationId": .string(response.correlationID)]
        switch response.result {
        case .error(let code, let message):
            object["result"] = .string("error")
            object["cmeError"] = .integer(Int64(code))
            object["meaning"] = Self.meaning(code).map { .string($0) }
            addText(message, to: &object)
        case .ok(let message):
            object["result"] = .string("ok")
            addText(message, to: &object)
        case .config: object["result"] = .string("config")
        case .finished: object["result"] = .string("finished")
        }
        return .object(object)
    }

    private static func meaning(_ code: UInt32) -> String? {
        let errno = Int32(bitPattern: code)
        return errno < 0 ? "errno \(errno)" : CMEError.meaning(code)
    }

    private func addText(_ message: String, to object: inout JSONObject) {
        if !isWithheld { object["message"] = .string(message) }
        guard let token else { return }
        var description = JSONObject()
        description["kind"] = token.kind.map { .string($0) }
        description["deviceUuid"] = token.deviceUUID.map { .string($0) }
        description["secTag"] = token.secTag.map { .integer(Int64($0)) }
        if !isWithheld { description["text"] = .string(token.text) }
        object["token"] = .object(description)
    }
}
