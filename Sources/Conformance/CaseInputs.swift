import DeviceIdentity
import Diagnostics
import JSON

/// Why a case's input is refused: the text of `reason`.
struct Refusal: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
    init(_ failure: CheckFailure) { reason = "\(failure.code.rawValue): \(failure.message)" }
}

extension Result where Failure == CheckFailure {
    /// The value, or the failure as a refusal.
    func orRefused() throws(Refusal) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let failure): throw Refusal(failure)
        }
    }
}

/// The arguments of an operation; what is missing or of another kind is refused.
struct CaseInputs: Sendable {
    private let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    /// An input that may be left out; null counts as left out.
    func optional(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    func required(_ name: String) throws(Refusal) -> JSONValue {
        guard let value = optional(name) else { throw Refusal("expected the input '\(name)', found none") }
        return value
    }

    func text(_ name: String) throws(Refusal) -> String {
        guard let text = try required(name).stringValue else {
            throw Refusal("expected a string in the input '\(name)'")
        }
        return text
    }

    func texts(_ name: String) throws(Refusal) -> [String] {
        guard let elements = try required(name).arrayValue else {
            throw Refusal("expected an array in the input '\(name)'")
        }
        return try elements.map { (element) throws(Refusal) in
            guard let text = element.stringValue else {
                throw Refusal("expected strings in the input '\(name)'")
            }
            return text
        }
    }

    /// The UTF-8 bytes of a text, PEM for example.
    func utf8(_ name: String) throws(Refusal) -> [UInt8] { Array(try text(name).utf8) }

    func hex(_ name: String) throws(Refusal) -> [UInt8] {
        guard let bytes = Hex.decode(try text(name)) else {
            throw Refusal("expected hexadecimal digits in the input '\(name)'")
        }
        return bytes
    }

    func optionalHex(_ name: String) throws(Refusal) -> [UInt8]? {
        optional(name) == nil ? nil : try hex(name)
    }

    func base64(_ name: String) throws(Refusal) -> [UInt8] {
        do {
            return try Base64.decodeStandard(try utf8(name)[...])
        } catch let error as Base64Error {
            throw Refusal("input '\(name)': \(error.message)")
        } catch {
            throw Refusal("\(error)")
        }
    }
}
