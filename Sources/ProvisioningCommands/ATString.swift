/// Text that stands between quotation marks on an AT command line, where nothing can be escaped.
enum ATString {
    /// Whether the text ends neither the string nor the line.
    static func isSafe(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7f }
    }
}

/// The secret of a pre-shared key as the modem takes it (`%CMNG` type 3).
enum PreSharedKey {
    /// Hexadecimal digits, two for each byte, at least one byte.
    static func isHexadecimal(_ text: String) -> Bool {
        let digits = text.utf8
        return !digits.isEmpty && digits.count % 2 == 0
            && digits.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    true
                default: false
                }
            }
    }
}

extension ConfigurationSetting {
    /// Settings that a device takes in one command.
    static let deviceLimit = 10
}
