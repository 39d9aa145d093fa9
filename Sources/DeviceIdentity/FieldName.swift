/// What a column of a CSV or a member of a JSON object holds: the one table of their names, for every command.
///
/// Names count by their letters and digits alone: `deviceUuid`, `device_id` and `Device ID` are one column.
public enum FieldName: String, Sendable, Hashable, CaseIterable {
    case uuid, imei, token, keygen, time, tags, csr, trust
    case publicKeyPem, spkiBase64

    private static let names: [String: FieldName] = [
        "uuid": .uuid, "deviceuuid": .uuid, "deviceid": .uuid, "devuuid": .uuid, "devid": .uuid,
        "imei": .imei, "deviceimei": .imei, "imeinumber": .imei,
        "token": .token, "attestationtoken": .token, "attesttoken": .token, "claimtoken": .token,
        "keygen": .keygen, "keygentoken": .keygen, "keygenanswer": .keygen,
        "time": .time, "timestamp": .time, "datetime": .time, "date": .time,
        "tags": .tags, "trust": .trust,
        "csr": .csr, "csrpem": .csr, "pem": .csr, "certificaterequest": .csr,
        "certificatesigningrequest": .csr,
        "publickeypem": .publicKeyPem, "pubkeypem": .publicKeyPem,
        "spkibase64": .spkiBase64, "spki": .spkiBase64, "publickey": .spkiBase64, "pubkey": .spkiBase64,
        "key": .spkiBase64, "identitykey": .spkiBase64,
    ]

    /// What besides devices has UUIDs in tables of devices: `firmwareUuid`, `batch_id`, `Team ID`.
    private static let others: Set<String> = [
        "firmware", "modemfirmware", "fw", "mfw", "modem", "appversion", "batch", "lot", "order", "job",
        "run",
        "shipment", "team", "account", "tenant", "customer", "project", "group", "fleet", "rule", "user",
        "operator", "station", "site", "product", "model", "request", "session", "trace", "transaction",
    ]

    /// Whether a UUID in a column or a member of this name is that of something else than a device.
    public static func namesSomethingElse(_ title: some Collection<UInt8>) -> Bool {
        guard let letters = letters(title) else { return false }
        return ["uuid", "guid", "id"].contains { end in
            letters.hasSuffix(end) && others.contains(String(letters.dropLast(end.count)))
        }
    }

    /// No name of a column is longer.
    public static let longest = 64

    /// The field that a column or a member of this name holds; nil for a name that says nothing here.
    public init?(title: some Collection<UInt8>) {
        guard let letters = Self.letters(title), let field = Self.names[letters] else { return nil }
        self = field
    }

    /// The letters and digits of a name, in lower case; nil for a text that is too long for one.
    private static func letters(_ title: some Collection<UInt8>) -> String? {
        guard title.count <= longest else { return nil }
        var letters: [UInt8] = []
        for byte in title {
            switch byte {
            case 0x30...0x39, 0x61...0x7a: letters.append(byte)
            case 0x41...0x5a: letters.append(byte | 0x20)
            default: break
            }
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
