package import DeviceIdentity

/// By what two subjects are one name (RFC 5280 section 7.1, and a fold of what looks alike): taken from the text that the
/// ledger keeps, so that whatever is compared follows from the row itself.
///
/// A name is its CN, serialNumber and UID, by which services know a device; of a subject without them all attributes.
/// An IMEI in any of them is a name of its own. UUIDs are not among the keys: rows are found by their device.
package struct SubjectKeys: Sendable, Equatable {
    package struct Key: Sendable, Equatable {
        /// The folded text; texts that Unicode calls equivalent are one.
        package let text: String
        /// The same with every character beyond ASCII as a question mark: what is marked.
        package let skeleton: [UInt8]

        package init(_ text: String) {
            self.text = text
            var skeleton: [UInt8] = []
            skeleton.reserveCapacity(text.utf8.count)
            for scalar in text.unicodeScalars {
                if scalar.value < 0x80 {
                    skeleton.append(UInt8(truncatingIfNeeded: scalar.value))
                } else if !Self.belongsToLetter(scalar) {
                    skeleton.append(UInt8(ascii: "?"))
                } else if !skeleton.isEmpty {
                    // A letter with a mark is the same whether it is one character or two.
                    skeleton[skeleton.count - 1] = UInt8(ascii: "?")
                }
            }
            self.skeleton = skeleton
        }

        private static func belongsToLetter(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: true
            default: GlyphFold.isPartOfSyllable(scalar)
            }
        }

        package static func imei(_ serial: Int64) -> Key { Key("imei=\(serial)") }
    }

    /// The devices that the subject names by UUID.
    package private(set) var uuids: [DeviceUUID] = []
    /// The UUIDs that it may hold, as part of longer numbers.
    package private(set) var possibleUUIDs: [DeviceUUID] = []
    /// What a row with this subject keeps from others.
    package private(set) var keys: [Key] = []
    /// The common name of a subject that has more: it may be all of another's name. Many devices may have it in common.
    package private(set) var shared: Key?
    /// Other keys under which somebody may have the name: the common name alone, or one that is part of more.
    package private(set) var others: [Key] = []

    /// Whether somebody with this subject has what a key stands for.
    package func contains(_ key: Key) -> Bool { keys.contains(key) || shared == key }

    private static let identifying: Set<String> = ["cn", "serialnumber", "uid"]

    /// - Parameter subject: as RFC 4514 writes it.
    package init(_ subject: String) {
        if let (uuid, imei) = Self.plain(subject.utf8.span) {
            if let uuid { uuids = [uuid] }
            if let imei { keys = [.imei(imei)] }
            return
        }
        var named = NamedDevices()
        var attributes: [(type: String, value: String)] = []
        for (type, value) in Self.attributes(subject) {
            if value.allSatisfy({ $0 < 0x80 }) {
                named.add(NamedDevices(ascii: value[...]))
            } else {
                named.add(NamedDevices(in: String(decoding: value, as: UTF8.self).unicodeScalars))
            }
            attributes.append((type, Self.fold(value)))
        }
        uuids = named.uuids.map(\.uuid)
        possibleUUIDs = named.possibleUUIDs.all
        for imei in named.imeis where imei.isCertain {
            let key = Key.imei(imei.serial)
            if !keys.contains(key) { keys.append(key) }
        }
        let identifying = attributes.filter { Self.identifying.contains($0.type) }
        let chosen = identifying.isEmpty ? attributes : identifying
        keys.append(Self.key(chosen))
        guard let name = chosen.first(where: { $0.type == "cn" }) else { return }
        let part = Key("cn~=\(name.value)")
        if chosen.count > 1 {
            shared = part
            others = [Self.key([name])]
        } else {
            others = [part]
        }
    }

    private static func key(_ attributes: [(type: String, value: String)]) -> Key {
        Key(attributes.map { "\($0.type)=\($0.value)" }.sorted().joined(separator: "\u{1F}"))
    }

    /// `CN=<UUID>` and `CN=nrf-<IMEI>`, which nearly all subjects have and which name a device and nothing else, beside
    /// attributes that name nothing: found without taking the text apart, because every certificate is asked.
    private static func plain(_ text: borrowing Span<UInt8>) -> (DeviceUUID?, Int64?)? {
        var uuid: DeviceUUID?
        var imei: Int64?
        var start = 0
        while start < text.count {
            guard let (equals, end) = attribute(text, from: start) else { return nil }
            let type = text.extracting(start..<equals)
            let value = text.extracting((equals + 1)..<end)
            if isCommonName(type) {
                guard uuid == nil, imei == nil else { return nil }
                uuid = DeviceUUID(text: value)
                imei = uuid == nil ? imeiSerial(value) : nil
                guard uuid != nil || imei != nil else { return nil }
            } else if identifies(type) || NamedDevices.mayName(value) {
                return nil
            }
            start = end + 1
        }
        return uuid == nil && imei == nil ? nil : (uuid, imei)
    }

    /// Where the equals sign and the end of an attribute are; nil where anything is escaped or more than a type and its
    /// value in ASCII.
    private static func attribute(_ text: borrowing Span<UInt8>, from start: Int) -> (equals: Int, end: Int)?
    {
        var equals: Int?
        var index = start
        while index < text.count, text[index] != UInt8(ascii: ",") {
            switch text[index] {
            case UInt8(ascii: "\\"), UInt8(ascii: "+"), 0x80...: return nil
            case UInt8(ascii: "=") where equals == nil: equals = index
            default: break
            }
            index += 1
        }
        return equals.map { ($0, index) }
    }

    private static func isCommonName(_ type: borrowing Span<UInt8>) -> Bool {
        type.count == 2 && type[0] == UInt8(ascii: "C") && type[1] == UInt8(ascii: "N")
    }

    /// Whether a type may be one of the other ``identifying`` ones, by its first letter; `SN` and `street` may too.
    private static func identifies(_ type: borrowing Span<UInt8>) -> Bool {
        guard type.count >= 3 else { return type.isEmpty }
        return type[0] == UInt8(ascii: "U") || type[0] | 0x20 == UInt8(ascii: "s")
    }

    /// The first 14 digits of `nrf-` and 15 digits.
    private static func imeiSerial(_ value: borrowing Span<UInt8>) -> Int64? {
        guard value.count == 19, value[0] == UInt8(ascii: "n"), value[1] == UInt8(ascii: "r"),
            value[2] == UInt8(ascii: "f"), value[3] == UInt8(ascii: "-")
        else { return nil }
        var number: Int64 = 0
        for index in 4..<19 {
            guard 0x30...0x39 ~= value[index] else { return nil }
            number = number * 10 + Int64(value[index] - 0x30)
        }
        return number / 10
    }

    /// The attributes of a text as RFC 4514 writes it, types in lower case, values in UTF-8 without their escapes.
    private static func attributes(_ subject: String) -> [(type: String, value: [UInt8])] {
        var attributes: [(type: String, value: [UInt8])] = []
        var type = ""
        var current: [UInt8] = []
        var isValue = false
        func end() {
            if isValue { attributes.append((type, current)) }
            current = []
            isValue = false
        }
        var rest = Array(subject.utf8)[...]
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\\"):
                if let escaped = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)),
                    escaped.count == 1
                {
                    current += escaped
                    rest = rest.dropFirst(2)
                } else if let plain = rest.popFirst() {
                    current.append(plain)
                }
            case UInt8(ascii: ","), UInt8(ascii: "+"): end()
            case UInt8(ascii: "=") where !isValue:
                type = String(decoding: current, as: UTF8.self).lowercased()
                current = []
                isValue = true
            default: current.append(octet)
            }
        }
        end()
        return attributes
    }

    /// A value as it is compared: case, kinds of spaces and how many, and look-alikes do not count.
    private static func fold(_ value: [UInt8]) -> String {
        if value.allSatisfy({ $0 < 0x80 }) {
            var octets: [UInt8] = []
            octets.reserveCapacity(value.count)
            for octet in value {
                if octet == 0x20, octets.isEmpty || octets.last == 0x20 { continue }
                octets.append(0x41...0x5A ~= octet ? octet | 0x20 : octet)
            }
            if octets.last == 0x20 { octets.removeLast() }
            return String(decoding: octets, as: UTF8.self)
        }
        let folded = GlyphFold.fold(String(decoding: value, as: UTF8.self).unicodeScalars)
        return String(folded).split(separator: " ").joined(separator: " ")
    }
}
