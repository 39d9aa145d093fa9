/// What has the shape of a credential: an attestation token or KEYGEN answer, a JWT, a private key. Whoever has one of
/// these can use it, so none of them may reach a log, an error or a terminal because it stood where a path belongs.
///
/// It is told by its form alone, and rather once too often: a file name that is withheld costs a look, a token that is
/// printed costs a device.
public enum CredentialShape {
    /// Where credentials stand in a text, as offsets in its UTF-8, in order.
    public static func ranges(in text: [UInt8]) -> [Range<Int>] {
        guard text.count >= shortest else { return [] }
        var ranges: [Range<Int>] = []
        var position = 0
        while position < text.count {
            if let end = endOfPrivateKey(text, position) {
                ranges.append(position..<end)
                position = end
                continue
            }
            guard isOfRun(text[position]) else {
                position += 1
                continue
            }
            let start = position
            while position < text.count, isOfRun(text[position]), endOfPrivateKey(text, position) == nil {
                position += 1
            }
            if isCredential(text[start..<position]) { ranges.append(start..<position) }
        }
        return ranges
    }

    /// Whether there is a credential in the text.
    public static func isIn(_ text: String) -> Bool { !ranges(in: Array(text.utf8)).isEmpty }

    /// Shorter runs are no credential, or nothing of use is left of one.
    private static let shortest = 24
    /// Octets of a part that is not read as a word any more.
    private static let longPart = 32
    private static let veryLongPart = 64

    /// How the parts of credentials begin in base64: attestation (self-described CBOR), COSE_Sign1 under ES256, a JSON
    /// object, and private keys in DER.
    private static let beginnings = [
        "2dn3", "0oRD", "eyJ", "MIGHAgEAMBMG", "MIGTAgEAMBMG", "MHcCAQEE", "MIGkAgEB", "MC4CAQAwBQYDK2Vw",
        "MIIEvQIB",
        "MIIEvgIB", "MIIEvwIB", "MIIEpAIB", "MIIEowIB", "MIIEogIB",
    ].map { Array($0.utf8) }

    private static func isOfRun(_ octet: UInt8) -> Bool {
        isOfPart(octet) || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "/")
            || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "=")
    }

    private static func isOfPart(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isCredential(_ run: ArraySlice<UInt8>) -> Bool {
        guard run.count >= shortest else { return false }
        let ends = [UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "=")]
        var previous = 0
        for part in run.split(omittingEmptySubsequences: false, whereSeparator: { ends.contains($0) }) {
            let follows = run[part.startIndex...]
            if follows.count >= shortest, beginnings.contains(where: { follows.starts(with: $0) }) {
                return true
            }
            let isAfterDot = part.startIndex > run.startIndex && run[part.startIndex - 1] == UInt8(ascii: ".")
            if isAfterDot, previous >= longPart, part.count >= longPart { return true }
            if part.count >= veryLongPart, isMixed(part) { return true }
            previous = part.count
        }
        return false
    }

    /// Whether upper case, lower case and digits alternate as they do in base64 and not in words.
    private static func isMixed(_ part: ArraySlice<UInt8>) -> Bool {
        func kind(_ octet: UInt8) -> Int {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): 0
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"): 2
            default: 3
            }
        }
        let kinds = part.map(kind)
        let changes = zip(kinds, kinds.dropFirst()).count { $0 != $1 }
        return Set(kinds).isSuperset(of: [0, 1, 2]) && changes * 10 >= kinds.count * 4
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let label = Array("PRIVATE KEY-----".utf8)

    /// Where a private key in PEM ends that begins at `start`: at the end of the text, since what follows could be more
    /// of it; nil if there is none, as where a message names the label.
    private static func endOfPrivateKey(_ text: [UInt8], _ start: Int) -> Int? {
        guard text[start] == begin[0], text[start...].starts(with: begin) else { return nil }
        let words = text[(start + begin.count)...].prefix(32)
        guard
            let place = words.indices.first(where: { text[$0...].starts(with: label) }),
            case let body = text[(place + label.count)...].drop(while: {
                $0 <= 0x20 || $0 == UInt8(ascii: "\\")
            }),
            body.prefix(while: { isOfRun($0) || $0 == UInt8(ascii: ":") }).count >= 9
        else { return nil }
        return text.count
    }
}
