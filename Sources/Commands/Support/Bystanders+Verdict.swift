import Attestation
import DeviceIdentity
import Diagnostics
import Intake
import JSON

extension Bystanders {
    /// What stands in the values of an object beside those that are read.
    ///
    /// - Parameter isRead: whether a member of this name is read, and so is none of them.
    init(of object: JSONObject, known: DeviceUUID?, isRead: (FieldName) -> Bool) {
        self.init()
        for member in object.members {
            if let field = FieldName(title: member.name.utf8), isRead(field) { continue }
            add(member.value, member.name, known)
        }
    }

    private mutating func add(_ value: JSONValue, _ name: String, _ known: DeviceUUID?) {
        switch value {
        case .string(let text):
            add(
                Array(text.utf8)[...], known: known, isOther: FieldName.namesSomethingElse(name.utf8))
        case .array(let elements): for element in elements { add(element, name, known) }
        case .object(let object): add(membersOf: object, known)
        case .null, .bool, .integer, .number: break
        }
    }

    /// Adds what stands in the values of an object.
    mutating func add(membersOf object: JSONObject, _ known: DeviceUUID?) {
        for member in object.members { add(member.value, member.name, known) }
    }

    /// Why a row with the token `text` has no answer: what else has the shape of a token in it is not the same.
    ///
    /// - Parameter claims: whether attestation tokens alone are inputs; what `%KEYGEN` puts out is then none.
    func mixture(with text: ArraySlice<UInt8>?, claims: Bool = false) -> CheckFailure? {
        let others = tokens.filter { $0 != text && !(claims && Self.isKeyOutput($0)) }
        guard !others.isEmpty else { return nil }
        return CheckFailure(.mixedInput, "expected one token in a row, found another beside it")
    }

    private static func isKeyOutput(_ text: ArraySlice<UInt8>) -> Bool {
        (try? AttestationToken(text, base64: .lenient))?.keyMessage != nil
    }

    /// The device that a cell names, in whatever column, although the token `text` is of another one; the firmware that a
    /// token names has a UUID too.
    func stranger(to text: ArraySlice<UInt8>) -> DeviceUUID? {
        guard !devices.isEmpty, let token = try? AttestationToken(text, base64: .lenient) else { return nil }
        return devices.first { $0 != token.deviceUUID && $0 != token.firmwareUUID }
    }
}

extension AttestationToken {
    /// The UUID of the modem's firmware; nil in tokens that do not tell.
    var firmwareUUID: DeviceUUID? {
        guard case .identity(let message) = content else { return nil }
        return message.firmwareUUID
    }
}
