import CBOR
import DeviceIdentity
import JSON

extension ConformanceJudge {
    /// `cbor.decode`: one well-formed item; yields its diagnostic notation, and its JSON form where that is
    /// compared.
    func decodeCBOR(_ element: ConformanceCase) throws(Refusal) -> JSONObject? {
        let bytes = try element.inputs.hex("hex")
        let item: CBORItem
        do {
            item = try CBORDecoder(.general).decode(bytes)
        } catch {
            throw Refusal("cbor: \(error.message)")
        }
        var output: JSONObject = ["diagnostic": .string(item.diagnosticNotation)]
        if element.comparesJSON { output["json"] = JSONForm.value(of: item) }
        return output
    }
}

/// The JSON value that stands for a CBOR item (RFC 8949 section 6.1).
private enum JSONForm {
    static func value(of item: CBORItem) -> JSONValue {
        switch item {
        case .unsigned(let value): number(String(value))
        case .negative(let argument): number(negative(argument))
        case .byteString(let bytes): .string(base64URL(bytes))
        case .byteStringChunks(let chunks): .string(base64URL(chunks.flatMap { $0 }))
        case .textString(let text): .string(text)
        case .textStringChunks(let chunks): .string(chunks.joined())
        case .array(let elements), .indefiniteArray(let elements): .array(elements.map(value))
        case .map(let pairs), .indefiniteMap(let pairs):
            .object(JSONObject(pairs.map { (name: name(of: $0.key), value: value(of: $0.value)) }))
        case .tagged(2, .byteString(let bytes)): .string(base64URL(bytes))
        case .tagged(3, .byteString(let bytes)): .string("~" + base64URL(bytes))
        case .tagged(_, let content): value(of: content)
        case .boolean(let value): .bool(value)
        case .null, .undefined, .simple: .null
        case .float(let float): float.value.isFinite ? number(float.value.description) : .null
        }
    }

    /// A number whose text Swift wrote, which is JSON's form.
    private static func number(_ text: String) -> JSONValue {
        if let value = Int64(text) { return .integer(value) }
        return JSONNumber(text).map { .number($0) } ?? .null
    }

    private static func negative(_ argument: UInt64) -> String {
        let (magnitude, overflows) = argument.addingReportingOverflow(1)
        return overflows ? "-18446744073709551616" : "-\(magnitude)"
    }

    private static func name(of key: CBORItem) -> String {
        if case .textString(let text) = key { text } else { key.diagnosticNotation }
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, .url), as: UTF8.self)
    }
}
