/// Bodies of requests that come in blocks (RFC 7959 section 2.5), each in order and within a bound of octets and time.
struct UploadTable: Sendable {
    private struct Upload: Sendable {
        let key: RequestKey
        var body: [UInt8] = []
        var expires: UInt64
    }

    enum Progress: Sendable, Equatable {
        case more
        case complete([UInt8])
        /// Not the block that comes next, or the first ones were forgotten.
        case outOfOrder
        case tooLarge
        /// A block whose payload has not the size that it says.
        case wrongSize
    }

    private let limits: ServerLimits
    /// The one that rests longest comes first.
    private var uploads: [Upload] = []

    init(_ limits: ServerLimits) { self.limits = limits }

    /// Takes a block. The first one always begins anew.
    ///
    /// - Parameters:
    ///   - announced: the size of the whole body, if the client says it (Size1).
    ///   - limit: octets of a whole body.
    mutating func add(
        _ payload: [UInt8], _ block: BlockOption, of key: RequestKey, announced: UInt32?, limit: Int,
        at now: UInt64
    ) -> Progress {
        var upload = Upload(key: key, expires: 0)
        let place = uploads.firstIndex { $0.key == key }
        if block.number > 0 {
            guard let place, uploads[place].body.count == block.offset else { return .outOfOrder }
            upload = uploads[place]
        }
        if let place { uploads.remove(at: place) }
        guard payload.count == block.size.octets || !block.isMore && payload.count < block.size.octets else {
            return .wrongSize
        }
        guard upload.body.count + payload.count <= limit,
            announced.map({ Int($0) <= limit }) ?? true
        else { return .tooLarge }
        upload.body += payload
        guard block.isMore else { return .complete(upload.body) }
        upload.expires = now + Transmission.maximumTransmitWait
        uploads.append(upload)
        if uploads.count > limits.uploads { uploads.removeFirst() }
        return .more
    }

    mutating func removeAll() { uploads = [] }

    mutating func expire(at now: UInt64) { uploads.removeAll { $0.expires <= now } }

    var deadline: UInt64? { uploads.first?.expires }
}
