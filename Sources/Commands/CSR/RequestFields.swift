import Attestation
import CSV
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Intake
import JSON
import PKIX

/// What a row or an object says of one request. What it says twice has to be the same.
struct RequestFields {
    private var csr: [UInt8]?
    private var token: [UInt8]?
    private var uuid: String?
    private var imei: String?
    private var beside = Bystanders()
    /// The code of what cannot be read.
    private let code: ErrorCode

    private init(code: ErrorCode) { self.code = code }

    /// `{"csr":"-----BEGIN …"}`, `{"token":"…"}`, and the records that assay itself prints.
    static func row(object text: ArraySlice<UInt8>) -> RequestChunk.Row {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            return RequestChunk.refused(.json, error.message)
        }
        guard let object = value.objectValue else {
            return RequestChunk.refused(.json, "expected an object, found \(value.kind)")
        }
        var fields = RequestFields(code: .json)
        do throws(RowError) {
            for member in object.members { try fields.enter(member.name, member.value) }
            let known = fields.uuid.flatMap { DeviceUUID(text: Array($0.utf8)[...]) }
            fields.beside = Bystanders(of: object, known: known) {
                [.token, .keygen, .csr, .uuid].contains($0)
            }
            for member in object.members where FieldName(title: member.name.utf8) == .csr {
                // Of the object that has the request all but that is looked at.
                guard let members = member.value.objectValue?.members else { continue }
                fields.beside.add(
                    membersOf: JSONObject(members.filter { $0.name != "pem" }.map { ($0.name, $0.value) }),
                    known)
            }
        } catch {
            return (.malformed(error.failure), RequestExpectations(imei: fields.imei))
        }
        return fields.row(nothing: CheckFailure(fields.code, "expected a member csr or token, found neither"))
    }

    /// A row of a CSV.
    static func row(_ record: CSVRecord, _ columns: ColumnPlaces) -> RequestChunk.Row {
        func field(_ name: FieldName) -> String? {
            columns[name].flatMap { record[$0] }.flatMap { $0.bytes.trimmed.isEmpty ? nil : $0.text }
        }
        var fields = RequestFields(code: .csv)
        fields.imei = field(.imei)
        fields.uuid = field(.uuid)
        fields.token = (field(.token) ?? field(.keygen)).map { Array(Array($0.utf8)[...].trimmed) }
        fields.beside = Bystanders(
            of: record, beside: [.token, .keygen, .csr].compactMap { columns[$0] }, others: columns.others,
            known: fields.uuid.flatMap { DeviceUUID(text: Array($0.utf8)[...].trimmed) })
        if let pem = field(.csr) {
            switch request(pem) {
            case .der(let der): fields.csr = der
            case let content: return (content, RequestExpectations(imei: fields.imei))
            }
        }
        // A line that has the shape of an input is one among rows too.
        if record.count == 1, fields.csr == nil, fields.token == nil {
            switch LineShape(record.raw[...]) {
            case .token(let token), .answer(let token): return (.token(token), .init())
            default: break
            }
        }
        return fields.row(
            nothing: record.delimiterFailure
                ?? CheckFailure(
                    .csv, "expected a request or a token, found \(record.count) columns without one"))
    }

    private mutating func enter(_ name: String, _ value: JSONValue) throws(RowError) {
        guard let field = FieldName(title: name.utf8), value != .null else { return }
        switch field {
        case .uuid:
            let text = try Self.text(value, name)
            // Digits in the other case make no other device.
            let isSame =
                uuid.map { known in
                    DeviceUUID(text: Array(known.utf8)[...]).map {
                        $0 == DeviceUUID(text: Array(text.utf8)[...])
                    } ?? false
                } ?? false
            if !isSame { uuid = try Self.one(uuid, text, name) }
        case .imei: imei = try Self.one(imei, try Self.text(value, name), name)
        case .token, .keygen:
            token = try Self.one(token, Array(try Self.text(value, name).utf8), name)
        case .csr:
            // The PEM itself, or, as assay token prints it, an object that has it.
            let pem = value.objectValue == nil ? value : value["pem"] ?? .null
            switch Self.request(try Self.text(pem, name)) {
            case .der(let der): csr = try Self.one(csr, der, name)
            case .malformed(let failure), .refused(let failure):
                throw RowError(failure.code, failure.message)
            case .token: break
            }
        default: break
        }
    }

    private static func text(_ value: JSONValue, _ name: String) throws(RowError) -> String {
        guard let text = value.stringValue else {
            throw RowError(.json, "expected a string in \(name), found \(value.kind)")
        }
        return text
    }

    private static func one<Value: Equatable>(
        _ known: Value?, _ found: Value, _ name: String
    ) throws(RowError) -> Value {
        guard known == nil || known == found else {
            throw RowError(
                .mixedInput, "expected one answer, found two that differ: \(name) and another member")
        }
        return found
    }

    private func row(nothing: CheckFailure) -> RequestChunk.Row {
        var expectations = RequestExpectations(imei: imei)
        if beside.requests > 0 {
            guard csr != nil || token != nil else {
                let place = code == .csv ? "column" : "member"
                let failure = CheckFailure(
                    code, "expected the request in a \(place) csr, found it under another name",
                    hint: .text("call the \(place) csr"))
                return (.malformed(failure), expectations)
            }
            let message = "expected one request in a row, found another beside it"
            return (.malformed(.init(.mixedInput, message)), expectations)
        }
        if let mixture = beside.mixture(with: token?[...]) { return (.malformed(mixture), expectations) }
        if let uuid {
            guard let device = try? DeviceUUID(text: uuid) else {
                let place = code == .csv ? "the uuid column" : "the member for the device"
                return (.malformed(.init(code, "\(place) holds no device UUID")), expectations)
            }
            expectations.deviceUUID = device
        }
        // Whatever its column is called.
        if let token, let stranger = beside.stranger(to: token[...]) { expectations.deviceUUID = stranger }
        guard let token else {
            return (csr.map { .der($0) } ?? .malformed(nothing), expectations)
        }
        if let csr, !Self.isSame(csr, token) {
            return (
                .malformed(
                    .init(.mixedInput, "expected a request or a token, found a token and another request")),
                expectations
            )
        }
        return (.token(token[...]), expectations)
    }

    /// Whether the request is that of the token.
    private static func isSame(_ csr: [UInt8], _ text: [UInt8]) -> Bool {
        guard case .certificationRequest(_, let request)? = (try? AttestationToken(text[...]))?.content else {
            return false
        }
        return request.der == csr
    }

    /// The one request in a PEM text.
    private static func request(_ pem: String) -> RequestItem.Content {
        let bytes = Array(pem.utf8)
        do {
            let document = try PEMDocument(bytes)
            let der = try document.single("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
            if document.hasTextOutside {
                var beside = Bystanders()
                beside.add(bytes[...])
                guard beside.tokens.isEmpty else {
                    return .malformed(
                        .init(.mixedInput, "expected one request in a cell, found a token beside it"))
                }
            }
            return .der(der)
        } catch {
            return DisclosedKey.isIn(bytes)
                ? .refused(DisclosedKey.companion) : .malformed(error.checkFailure)
        }
    }
}
