import DeviceIdentity

/// By what two subjects are one name (RFC 5280 section 7.1, and a fold of what looks alike): taken from the text that the
/// ledger keeps, so that whatever is compared follows from the row itself.
///
/// A name is its CN, serialNumber and UID, by which services know a device; of a subject without them all attributes.
/// An IMEI in any of them is a name of its own. UUIDs are not among the keys: rows are found by their device.
struct SubjectKeys: Sendable, Equatable {
    struct Key: Sendable, Equatable {
        /// The folded text; texts that Unicode calls equivalent are one.
        let text: String
        /// The same with every character beyond ASCII as a question mark: what is marked.
        let skeleton: [UInt8]

        init(_ text: String) {
            self.text = text
            var skeleton: [UInt8] = []
            skeleton.reserveCapacity(text.utf8.count)
            for scalar in text.unicodeScalars {
                if scalar.value < 0x80 {
                    skeleton.append(UInt8(truncatingIfNeeded: scalar.value))
                } else if scalar.properties.canonicalCombiningClass == .notReordered {
                    skeleton.append(UInt8(ascii: "?"))
                } else if !skeleton.isEmpty {
                    // A letter with a mark is the same whether it is one character or two.
                    skeleton[skeleton.count - 1] = UInt8(ascii: "?")
                }
            }
            self.skeleton = skeleton
        }

        static func imei(_ serial: Int64) -> Key { Key("imei=\(serial)") }
    }

    /// The devices that the subject names by UUID.
    private(set) var uuids: [DeviceUUID] = []
    /// What a row with this subject keeps from others.
    private(set) var keys: [Key] = []
    /// The common name of a subject that has more: it may be all of another's name. Many devices may have it in common.
    private(set) var shared: Key?
    /// Other keys under which somebody may have the name: the common name alone, or one that is part of more.
    private(set) var others: [Key] = []

    /// Whether somebody with this subject has what a key stands for.
    func contains(_ key: Key) -> Bool { keys.contains(key) || shared == key }

    private static let uuidLength = 36
    private static let identifying: Set<String> = ["cn", "serialnumber", "uid"]

    /// - Parameter subject: as RFC 4514 writes it.
    init(_ subject: String) {
        if let (uuid, imei) = Self.plain(subject.utf8.span) {
            if let uuid { uuids = [uuid] }
            if let imei { keys = [.imei(imei)] }
            return
        }
        var named = NamedDevices()
        var attributes: [(type: String, value: String)] = []
        for (type, value) in Self.attributes(subject) {
            named.add(NamedDevices(in: value))
            attributes.append((type, Self.fold(value)))
        }
        uuids = named.uuids.map(\.uuid)
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

    /// `CN=<UUID>` and `CN=nrf-<IMEI>`, which nearly all subjects are, and which name a device and nothing else.
    private static func plain(_ text: borrowing Span<UInt8>) -> (DeviceUUID?, Int64?)? {
        guard text.count >= 4, text[0] == UInt8(ascii: "C"), text[1] == UInt8(ascii: "N"),
            text[2] == UInt8(ascii: "=")
        else { return nil }
        if text.count == 3 + uuidLength, let uuid = DeviceUUID(text: text.extracting(3..<text.count)) {
            return (uuid, nil)
        }
        guard text.count == 22, text[3] == UInt8(ascii: "n"), text[4] == UInt8(ascii: "r"),
            text[5] == UInt8(ascii: "f"), text[6] == UInt8(ascii: "-")
        else { return nil }
        var serial: Int64 = 0
        for index in 7..<22 {
            guard 0x30...0x39 ~= text[index] else { return nil }
            if index < 21 { serial = serial * 10 + Int64(text[index] - 0x30) }
        }
        return (nil, serial)
    }

    /// The attributes of a text as RFC 4514 writes it, types in lower case, values without their escapes.
    private static func attributes(_ subject: String) -> [(type: String, value: String.UnicodeScalarView)] {
        var attributes: [(type: String, value: String.UnicodeScalarView)] = []
        var type = ""
        var current: [UInt8] = []
        var isValue = false
        func end() {
            if isValue { attributes.append((type, String(decoding: current, as: UTF8.self).unicodeScalars)) }
            current = []
            isValue = false
        }
        var rest = Array(subject.utf8)[...]
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\\"):
                if let escaped = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)), escaped.count == 1 {
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
    private static func fold(_ value: String.UnicodeScalarView) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in value { GlyphFold.fold(scalar, into: &folded) }
        return String(folded).split(separator: " ").joined(separator: " ")
    }
}
