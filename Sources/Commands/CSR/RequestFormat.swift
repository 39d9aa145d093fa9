import Attestation
import PKIX

/// How requests stand in a file.
enum RequestFormat: Sendable, Equatable {
    /// One request in DER.
    case der
    /// PEM blocks, with other text, tokens or modem lines between them.
    case pem
    case jsonLines
    case csv
    case modemLog
    /// One `%KEYGEN` token a line.
    case lines

    /// The format that the beginning of a file shows.
    static func detect(_ head: [UInt8]) -> RequestFormat {
        // A request is longer than 127 octets, so its length octets are no text.
        if head.count >= 2, head[0] == 0x30, head[1] >= 0x80 { return .der }
        let lines = head.split(separator: 0x0a).lazy.map { $0.trimmed }
        guard let first = lines.first(where: { !$0.isEmpty }) else { return .lines }
        if first.first == UInt8(ascii: "{") { return .jsonLines }
        if lines.contains(where: { $0.starts(with: pemBegin) }) { return .pem }
        if lines.contains(where: { ModemLog.token(in: $0) != nil }) { return .modemLog }
        return first.contains(UInt8(ascii: ",")) ? .csv : .lines
    }

    static let pemBegin = Array("-----BEGIN ".utf8)
}

/// `%KEYGEN` answers in text.
enum KeygenText {
    private static let marker = Array("%KEYGEN:".utf8)

    /// The token in a modem's line; `nil` for all other lines, other answers of a modem among them.
    static func answer(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let place = line.range(of: marker) else { return nil }
        return ModemLog.token(in: line[place.lowerBound...])
    }

    /// Whether text has the shape of a token: two long parts of base64url letters and a dot.
    static func isToken(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count >= 100, let dot = text.firstIndex(of: UInt8(ascii: ".")) else { return false }
        return text[..<dot].allSatisfy(isLetter) && text[(dot + 1)...].allSatisfy(isLetter)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// Which columns of a CSV mean what.
struct RequestColumns: Sendable, Equatable {
    var csr: Int?
    var token: Int?
    var uuid: Int?
    var imei: Int?

    /// `imei,uuid,token,time`: the file that the nRF Cloud utilities write, without a header.
    static let standard = RequestColumns(csr: nil, token: 2, uuid: 1, imei: 0)

    /// The columns that a header names, `nil` when the names say that it is none.
    init?(header names: [String]) {
        let names = names.map { $0.lowercased() }
        csr = names.firstIndex { ["csr", "csrpem", "pem"].contains($0) }
        token = names.firstIndex { ["token", "keygen", "attestationtoken"].contains($0) }
        uuid = names.firstIndex { ["uuid", "deviceuuid", "deviceid"].contains($0) }
        imei = names.firstIndex(of: "imei")
        if csr == nil, token == nil { return nil }
    }

    init(csr: Int?, token: Int?, uuid: Int?, imei: Int?) {
        self.csr = csr
        self.token = token
        self.uuid = uuid
        self.imei = imei
    }
}
