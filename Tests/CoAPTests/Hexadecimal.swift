/// Octets as a test writes them; spaces say how they belong together.
func octets(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.filter { $0 != " " })
    return stride(from: 0, to: digits.count, by: 2).map { place in
        UInt8(String(digits[place..<min(place + 2, digits.count)]), radix: 16) ?? 0
    }
}
