extension Message {
    /// The datagram.
    public var datagram: [UInt8] {
        var octets: [UInt8] = [
            1 << 6 | type.rawValue << 4 | UInt8(truncatingIfNeeded: token.octets.count), code.rawValue,
            UInt8(truncatingIfNeeded: messageID >> 8), UInt8(truncatingIfNeeded: messageID),
        ]
        octets += token.octets
        var last: UInt16 = 0
        for option in options {
            let delta = Self.extended(Int(option.number.rawValue - last))
            let length = Self.extended(option.value.count)
            octets.append(delta.nibble << 4 | length.nibble)
            octets += delta.octets
            octets += length.octets
            octets += option.value
            last = option.number.rawValue
        }
        if !payload.isEmpty {
            octets.append(Self.payloadMarker)
            octets += payload
        }
        return octets
    }

    /// The octets of header, token, options and payload marker.
    public var overhead: Int { datagram.count - payload.count }

    private static func extended(_ number: Int) -> (nibble: UInt8, octets: [UInt8]) {
        switch number {
        case ..<13: return (UInt8(truncatingIfNeeded: number), [])
        case ..<269: return (13, [UInt8(truncatingIfNeeded: number - 13)])
        default:
            let rest = number - 269
            return (14, [UInt8(truncatingIfNeeded: rest >> 8), UInt8(truncatingIfNeeded: rest)])
        }
    }
}
