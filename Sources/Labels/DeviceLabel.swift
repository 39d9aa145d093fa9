public import DeviceIdentity
public import QRCode

/// What stands on the label of a device: its UUID and IMEI to read, and a code to scan.
public struct DeviceLabel: Sendable {
    public let uuid: DeviceUUID
    /// Nil where it is not known.
    public let imei: IMEI?
    let code: QRCode

    /// - Parameter token: an attestation token for the code, which claims the device for whoever scans it first; nil for a
    ///   code that says which device it is and no more.
    public init(uuid: DeviceUUID, imei: IMEI?, token: [UInt8]?) throws(QRCode.Fault) {
        self.uuid = uuid
        self.imei = imei
        code = try QRCode(encoding: Self.payload(uuid, imei, token))
    }

    /// What the code holds: `imei,uuid` or, with a token, `imei,uuid,token,`, which is a row of attestation_tokens.csv without
    /// a time. A scanner that types what it reads so writes a file for claiming; the place of an IMEI that is not known is
    /// empty.
    public static func payload(_ uuid: DeviceUUID, _ imei: IMEI?, _ token: [UInt8]?) -> [UInt8] {
        let row = Array("\(imei?.description ?? ""),\(uuid)".utf8)
        return token.map { row + [UInt8(ascii: ",")] + $0 + [UInt8(ascii: ",")] } ?? row
    }

    /// The lines of text, of the characters that ``LabelFont`` has.
    var lines: [String] {
        let text = uuid.description
        // In two, so that they can be read at the width of the code.
        let half = text.index(text.startIndex, offsetBy: 19)
        return ["UUID", String(text[..<half]), String(text[half...])]
            + (imei.map { ["IMEI", $0.description] } ?? [])
    }
}
