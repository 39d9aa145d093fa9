/// An International Mobile Equipment Identity: 15 digits, the last one a Luhn check digit (3GPP TS 23.003 §6.2.1).
public struct IMEI: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// `nil` unless `text` is exactly 15 digits whose check digit is right.
    public init?(text: some StringProtocol) {
        var sum = 0
        var count = 0
        for byte in text.utf8 {
            guard 0x30...0x39 ~= byte, count < 15 else { return nil }
            let digit = Int(byte) - 0x30
            // Every second digit counts twice, its digits added.
            let weighted = count % 2 == 1 ? digit * 2 : digit
            sum += weighted > 9 ? weighted - 9 : weighted
            count += 1
        }
        guard count == 15, sum % 10 == 0 else { return nil }
        description = String(text)
    }
}
