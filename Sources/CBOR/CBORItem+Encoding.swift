import CCBOR

extension CBORItem {
    /// The encoding with shortest heads; indefinite lengths, float widths and the order of map keys stay.
    public func encode() -> [UInt8] {
        var writer = CBORWriter(reservingCapacity: 64)
        writer.item(self)
        return writer.bytes
    }
}

extension CBORWriter {
    /// Writes any item as ``CBORItem/encode()`` does.
    public mutating func item(_ item: CBORItem) {
        switch item {
        case .unsigned(let value): unsigned(value)
        case .negative(let argument): negative(argument)
        case .byteString(let content): byteString(content)
        case .textString(let text): textString(text)
        case .array(let elements):
            arrayHeader(elements.count)
            for element in elements { self.item(element) }
        case .map(let pairs):
            mapHeader(pairs.count)
            write(pairs)
        case .tagged(let number, let content):
            tag(number)
            self.item(content)
        case .boolean(let value): bool(value)
        case .null: null()
        case .undefined: head { cbor_encode_undef($0, $1) }
        case .simple(let value): head { cbor_encode_ctrl(value.number, $0, $1) }
        case .float(let number): float(number)
        case .byteStringChunks, .textStringChunks, .indefiniteArray, .indefiniteMap: indefinite(item)
        }
    }

    private mutating func indefinite(_ item: CBORItem) {
        switch item {
        case .byteStringChunks(let chunks):
            head { cbor_encode_indef_bytestring_start($0, $1) }
            for chunk in chunks { byteString(chunk) }
        case .textStringChunks(let chunks):
            head { cbor_encode_indef_string_start($0, $1) }
            for chunk in chunks { textString(chunk) }
        case .indefiniteArray(let elements):
            head { cbor_encode_indef_array_start($0, $1) }
            for element in elements { self.item(element) }
        case .indefiniteMap(let pairs):
            head { cbor_encode_indef_map_start($0, $1) }
            write(pairs)
        default: return
        }
        head { cbor_encode_break($0, $1) }
    }

    private mutating func write(_ pairs: [CBORItem.Pair]) {
        for pair in pairs {
            item(pair.key)
            item(pair.value)
        }
    }

    /// Writes the bits as they are: libcbor's encoder of halves loses digits of subnormal numbers and
    /// the payload of a NaN, and no NaN is sure to keep its bits on the way through a C float.
    private mutating func float(_ number: CBORFloat) {
        switch number {
        case .half(let bits): raw(0xf9, bits)
        case .single(let bits): raw(0xfa, bits)
        case .double(let bits): raw(0xfb, bits)
        }
    }
}
