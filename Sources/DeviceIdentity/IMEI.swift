/// An International Mobile Equipment Identity: 15 digits, the last one a Luhn check digit (3GPP TS 23.003 §6.2.1).
public struct IMEI: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// `nil` unless `text` is exactly 15 digits whose check digit is right.
    public init?(text: some StringProtocol) {
        let digits = text.utf8.map { Int($0) - 0x30 }
        guard digits.count == 15, digits.allSatisfy({ 0...9 ~= $0 }) else { return nil }
        var sum = 0
        for (index, digit) in digits.enumerated() {
            let weighted = index % 2 == 1 ? digit * 2 : digit
            sum += weighted > 9 ? weighted - 9 : weighted
        }
        guard sum % 10 == 0 else { return nil }
        description = String(text)
    }
}
