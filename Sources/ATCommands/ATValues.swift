/// What stands in lines of information.
public enum ATValues {
    /// A text between quotation marks, or the whole without them.
    public static func text(_ information: String) -> String {
        guard information.hasPrefix("\""), information.hasSuffix("\""), information.utf8.count >= 2 else {
            return information
        }
        return String(information.dropFirst().dropLast())
    }

    /// A decimal number of at most 32 bits without a sign.
    public static func number(_ information: some StringProtocol) -> UInt32? {
        let digits = information.utf8
        guard 1...10 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return UInt32(String(information))
    }
}
