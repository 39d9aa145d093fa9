import Attestation
import DeviceIdentity

/// What a line of text looks like, whatever the file around it is: what has the shape of an input is an input.
public enum LineShape: Equatable, Sendable {
    /// Why ``cutAnswer`` is no input.
    public static let cutAnswerReason =
        "expected a closing quotation mark on the line of the answer, found none: the terminal wrapped it, or the log was "
        + "cut"
    /// Why ``several`` is none.
    public static let severalReason = "expected one token on a line, found several"

    case blank
    /// A modem's answer with a token: `%ATTESTTOKEN: "…"`.
    case answer(ArraySlice<UInt8>)
    /// A modem's answer that its line does not end: a terminal wrapped it.
    case cutAnswer
    /// A token, alone on its line or where nothing around it can say whose it is.
    case token(ArraySlice<UInt8>)
    /// Several tokens or answers.
    case several
    /// A token in a row or in JSON, which may say whose it is.
    case embedded
    /// The first line of a PEM block.
    case pemBegin
    case noise

    private static let begin = Array("-----BEGIN ".utf8)
    /// How every attestation token begins: the CBOR tag, the array and the message type never differ.
    private static let tokenStart = Array("2dn3".utf8)
    /// How an answer to AT%KEYGEN begins: a sequence in DER of 256 octets or more, or of 128.
    private static let requestStart = Array("MII".utf8)
    /// The shortest text that can be taken for a token.
    private static let shortest = 64

    public init(_ line: ArraySlice<UInt8>) {
        let text = line.trimmed
        guard !text.isEmpty else {
            self = .blank
            return
        }
        if text.starts(with: Self.begin) {
            self = .pemBegin
            return
        }
        if let answer = ModemLog.token(in: text) {
            self = Self.answer(answer, in: text)
            return
        }
        let bare = text.unquoted
        if bare.allSatisfy(Self.isTokenCharacter) {
            self = Self.isToken(bare) ? .token(bare) : .noise
            return
        }
        self = Self.inText(text)
    }

    private static func answer(_ answer: ArraySlice<UInt8>, in text: ArraySlice<UInt8>) -> LineShape {
        let rest = text[answer.endIndex...]
        if tokens(in: text[..<answer.startIndex]).first != nil || tokens(in: rest).first != nil
            || ModemLog.token(in: rest) != nil
        {
            return .several
        }
        // What a row or an object says besides is not the modem's word.
        let before = text[..<answer.startIndex]
        if before.contains(UInt8(ascii: "{")) || names(uuidIn: before) || names(uuidIn: rest) {
            return .embedded
        }
        if before.last == UInt8(ascii: "\""), rest.first != UInt8(ascii: "\"") { return .cutAnswer }
        return .answer(answer)
    }

    /// Whether a line goes on with an answer that a terminal wrapped: nothing but its letters, up to the closing mark.
    public static func continuesAnswer(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.trimmed
        // Another token begins as tokens do: it is an input of its own.
        if text.starts(with: tokenStart) || text.starts(with: requestStart) {
            return false
        }
        let letters = text.last == UInt8(ascii: "\"") ? text.dropLast() : text
        return !letters.isEmpty && letters.allSatisfy(isTokenCharacter)
    }

    /// Whether it is the last such line.
    public static func endsAnswer(_ line: ArraySlice<UInt8>) -> Bool {
        line.trimmed.last == UInt8(ascii: "\"")
    }

    private static func inText(_ text: ArraySlice<UInt8>) -> LineShape {
        let found = tokens(in: text)
        guard let token = found.first else { return .noise }
        if found.count > 1 { return .several }
        let before = text[..<token.startIndex]
        let after = text[token.endIndex...]
        let isCell = before.trimmed.last == UInt8(ascii: ",") || after.trimmed.first == UInt8(ascii: ",")
        if isCell || isMember(before) || text.first == UInt8(ascii: "{") || names(uuidIn: before)
            || names(uuidIn: after)
        {
            return .embedded
        }
        return .token(token)
    }

    /// Whether the text ends as the name of a JSON member does: the object may go on over many lines.
    private static func isMember(_ before: ArraySlice<UInt8>) -> Bool {
        var name = before.trimmed
        if name.last == UInt8(ascii: "\"") { name = name.dropLast().trimmed }
        guard name.last == UInt8(ascii: ":") else { return false }
        return name.dropLast().trimmed.last == UInt8(ascii: "\"")
    }

    /// Whether a UUID stands in the text: it may be that of another device.
    private static func names(uuidIn text: ArraySlice<UInt8>) -> Bool {
        var run = text.startIndex
        for index in text.indices where !isUUIDCharacter(text[index]) {
            if index - run >= 32 { return true }
            run = index + 1
        }
        return text.endIndex - run >= 32
    }

    private static func isUUIDCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x2d: true
        default: false
        }
    }

    /// The words of a text that have the shape of a token.
    private static func tokens(in text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        for word in text.split(whereSeparator: { !isTokenCharacter($0) }) where isToken(word) {
            found.append(word)
        }
        return found
    }

    /// Two long parts and a dot, or the beginning that only tokens have.
    public static func isToken(_ word: ArraySlice<UInt8>) -> Bool {
        if word.starts(with: tokenStart), word.count >= 16 { return true }
        guard word.count >= shortest, let dot = word.firstIndex(of: UInt8(ascii: ".")) else { return false }
        return dot - word.startIndex >= 16 && word.endIndex - dot > 16
    }

    /// Letters of base64url and of base64, which some tools make of it, and the dot between the parts.
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: false
        }
    }
}
