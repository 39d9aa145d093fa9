import NIOCore

/// Watches the lengths of TLS records, of which the modem takes 2 kB at most.
final class RecordSizeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// A record that the modem would not take.
    struct TooLarge: Error {
        let size: Int
    }

    /// 2,048 octets of content; initialization vector, MAC and padding of TLS 1.2 come to it.
    static let limit = 2_048 + 64

    private var header: [UInt8] = []
    private var rest = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var view = unwrapInboundIn(data).readableBytesView[...]
        while !view.isEmpty {
            if rest > 0 {
                let count = min(rest, view.count)
                rest -= count
                view = view.dropFirst(count)
                continue
            }
            let missing = 5 - header.count
            header += view.prefix(missing)
            view = view.dropFirst(missing)
            guard header.count == 5 else { break }
            // Type, version, length (RFC 5246 section 6.2.1).
            rest = Int(header[3]) << 8 | Int(header[4])
            header.removeAll(keepingCapacity: true)
            if rest > Self.limit { return context.fireErrorCaught(TooLarge(size: rest)) }
        }
        context.fireChannelRead(data)
    }
}
