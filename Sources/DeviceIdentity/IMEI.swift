/// An International Mobile Equipment Identity: 15 digits, the last one a Luhn check digit (3GPP TS 23.003 §6.2.1).
public struct IMEI: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// `nil` unless `text` is exactly 15 digits whose check digit is right.
    public init?(text: some StringProtocol) {
        guard Self.isValid(Array(text.utf8.prefix(16))[...]) else { return nil }
        description = String(text)
    }

    /// Whether these are 15 digits, as ASCII, whose check digit is right.
    public static func isValid(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count == 15 else { return false }
        var sum = 0
        var isDoubled = false
        for byte in text {
            guard 0x30...0x39 ~= byte else { return false }
            // Every second digit counts twice, its digits added.
            let weighted = Int(byte - 0x30) * (isDoubled ? 2 : 1)
            sum += weighted > 9 ? weighted - 9 : weighted
            isDoubled.toggle()
        }
        return sum % 10 == 0
    }
}
