/// The body of an answer that goes out in blocks, as it was when the first one went (RFC 7959 section 2.4).
struct Snapshot: Sendable {
    let key: RequestKey
    let response: Response
    /// Changes with the body.
    let eTag: UInt32
    var expires: UInt64

    /// The block that a client asks for, no larger than `largest`; nil beyond the end of the body.
    func block(_ asked: BlockOption, largest: BlockOption.Size) -> (option: BlockOption, payload: [UInt8])? {
        let size = min(asked.size, largest)
        let body = response.body
        guard asked.offset < body.count else { return nil }
        let end = min(asked.offset + size.octets, body.count)
        guard
            let option = BlockOption(
                number: asked.offset / size.octets, isMore: end < body.count, size: size)
        else { return nil }
        return (option, Array(body[asked.offset..<end]))
    }

    /// What every block carries beside its payload.
    func options(_ block: BlockOption) -> [MessageOption] {
        let octets = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: eTag >> $0) }
        return [
            MessageOption(.eTag, unchecked: octets), block.option(.block2),
            MessageOption(.size2, UInt32(truncatingIfNeeded: response.body.count)),
        ]
    }
}
