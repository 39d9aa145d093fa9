/// One command and the lines that come after it, until the answer is whole.
///
/// Between command and answer there may be anything: the echo of the command, a shell's prompt, log lines, results that
/// nobody asked for, and the late answer to a command that was given up.
public struct ATExchange: Sendable {
    /// Answers to these come to whoever asks for them; the lines of others may be results that nobody asked for.
    static let solicited = [
        "%CMNG:", "%KEYGEN:", "%ATTESTTOKEN:", "%DEVICEUUID:", "+CGSN:", "+CFUN:", "%JWT:", "%CLAIMTOKEN:",
        "%KEYINJECT:",
    ]
    /// How many lines of information an answer may have: a modem keeps far fewer credentials.
    public static let informationLimit = 1_024

    public let request: ATRequest
    private var information: [String] = []
    /// A line of an answer to another command came, whose `OK` is still to come.
    private var awaitsForeignEnd = false
    /// The commands whose answers came in place of this one's.
    public private(set) var foreign: [String] = []
    /// How many lines of information came beyond the limit: an answer that lacks them is not whole.
    public private(set) var left = 0
    /// Lines that were no answer.
    public private(set) var passedOver = 0

    public init(_ request: ATRequest) { self.request = request }

    /// Takes the next line; the answer once it is whole.
    public mutating func take(_ line: String) -> ATAnswer? {
        let text = Self.withoutPrompt(line)
        switch text {
        case "OK":
            guard !awaitsForeignEnd else {
                awaitsForeignEnd = false
                return nil
            }
            return .ok(information)
        case "ERROR": return .failed
        default: break
        }
        if let words = Self.rest(of: text, after: "+CME ERROR:") {
            return UInt32(words).map(ATAnswer.refused) ?? .refusedInWords(words)
        }
        // Of Zephyr's shell: "AT: command not found".
        if text.hasSuffix(": command not found") { return .notFound }
        take(information: text)
        return nil
    }

    private mutating func take(information text: String) {
        let prefix: String?
        switch request.information {
        case .one(let wanted), .list(let wanted), .value(let wanted): prefix = wanted
        case .none, .bare: prefix = nil
        }
        if let prefix, let value = Self.rest(of: text, after: prefix) {
            keep(value)
        } else if let other = Self.solicited.first(where: text.hasPrefix) {
            awaitsForeignEnd = true
            if foreign.count < 8 { foreign.append("AT" + other.dropLast()) }
        } else if isValue(text) {
            keep(text)
        } else {
            passedOver += 1
        }
    }

    private mutating func keep(_ value: String) {
        guard information.count < Self.informationLimit else {
            left += 1
            return
        }
        information.append(value)
    }

    /// Whether a line without a prefix is the information: no echo, no result that nobody asked for, no log.
    private func isValue(_ text: String) -> Bool {
        switch request.information {
        case .bare:
            let isOther = ["+", "%", "#", "[", "<", "*", ">"].contains { text.hasPrefix($0) }
            return !isOther && information.isEmpty && !isEcho(text)
        case .value:
            return text.utf8.count == 36 && text.utf8.allSatisfy { $0 == 0x2d || Self.isHexadecimal($0) }
        case .none, .one, .list: return false
        }
    }

    private func isEcho(_ text: String) -> Bool {
        text.lowercased().hasPrefix("at") || text.contains(request.text)
    }

    private static func isHexadecimal(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// The line after a shell's prompt, `uart:~$ `, of which several may stand one after the other.
    static func withoutPrompt(_ line: String) -> String {
        var rest = line[...]
        while let end = rest.firstRange(of: ":~$"),
            rest[..<end.lowerBound].utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
            rest.distance(from: rest.startIndex, to: end.lowerBound) <= 32
        {
            rest = rest[end.upperBound...].drop { $0 == " " }
        }
        return String(rest)
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        guard text.hasPrefix(prefix) else { return nil }
        return String(text.dropFirst(prefix.count).drop { $0 == " " })
    }
}
