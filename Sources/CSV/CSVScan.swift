/// The bytes that structure CSV.
enum Ascii {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
}

/// The loops over bytes, apart from the state machine so that they stay small and fast.
enum CSVScan {
    /// The first byte from `start` on that matters outside quotation marks; all of these are below 45.
    static func endOfPlain(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ hasHighBytes: inout Bool
    ) -> Int {
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte > Ascii.comma {
                if byte >= 0x80 {
                    hasHighBytes = true
                }
            } else if byte == Ascii.comma || byte == Ascii.lineFeed || byte == Ascii.carriageReturn
                || byte == Ascii.quote || byte == 0
            {
                return index
            }
            index += 1
        }
        return end
    }

    /// The same where something else than a comma separates fields.
    static func endOfPlain(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ delimiter: UInt8, _ hasHighBytes: inout Bool
    ) -> Int {
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte == delimiter || byte == Ascii.lineFeed || byte == Ascii.carriageReturn
                || byte == Ascii.quote || byte == 0
            {
                return index
            }
            if byte >= 0x80 { hasHighBytes = true }
            index += 1
        }
        return end
    }

    /// The first byte from `start` on that matters inside quotation marks.
    static func endOfQuoted(
        _ bytes: [UInt8], _ start: Int, _ end: Int, _ hasHighBytes: inout Bool
    ) -> Int {
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte > Ascii.quote {
                if byte >= 0x80 {
                    hasHighBytes = true
                }
            } else if byte == Ascii.quote || byte == Ascii.lineFeed || byte == 0 {
                return index
            }
            index += 1
        }
        return end
    }

    static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }
}
