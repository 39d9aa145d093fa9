import COpenSSLTLS
import OpenSSL

/// The datagrams between an engine and libssl: one in, any number out.
///
/// Every ``Connection`` over it keeps it alive, because libssl's BIO points to it.
final class DatagramExchange {
    let pointer: UnsafeMutablePointer<assay_dtls_exchange>
    /// What a record holds at most (RFC 6347 section 4.1).
    private let record = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)

    /// - Parameters:
    ///   - mtu: octets of a datagram in a handshake.
    ///   - firstTimeout: microseconds until the first retransmission.
    init(mtu: Int, firstTimeout: Int) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: assay_dtls_exchange())
        pointer.pointee.mtu = mtu
        pointer.pointee.first_timeout = UInt32(clamping: firstTimeout)
    }

    deinit {
        free(pointer.pointee.output)
        pointer.deallocate()
        record.deallocate()
    }

    /// What `body` makes of a datagram, which libssl may read meanwhile and not later.
    func offering<Result>(_ datagram: [UInt8], _ body: () -> Result) -> Result {
        datagram.withUnsafeBufferPointer { bytes in
            pointer.pointee.input = bytes.baseAddress
            pointer.pointee.input_length = bytes.count
            defer {
                pointer.pointee.input = nil
                pointer.pointee.input_length = 0
            }
            return body()
        }
    }

    /// Octets of all datagrams written, each with its length before it.
    var written: Int { pointer.pointee.output_length }

    /// Forgets what was written.
    func discard() { pointer.pointee.output_length = 0 }

    /// The datagrams written since the last call.
    func take() -> [[UInt8]] {
        guard let output = pointer.pointee.output, written > 0 else { return [] }
        let bytes = UnsafeBufferPointer(start: output, count: written)
        var datagrams: [[UInt8]] = []
        var place = 0
        while bytes.count - place > 2 {
            let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
            let end = place + 2 + length
            guard end <= bytes.count else { break }
            datagrams.append(Array(bytes[place + 2..<end]))
            place = end
        }
        discard()
        return datagrams
    }

    /// The cookies that the peer in hand may show; the first is the one that it is given.
    func setCookies(_ current: [UInt8], _ previous: [UInt8]) {
        withUnsafeMutableBytes(of: &pointer.pointee.cookie) { $0.copyBytes(from: current.prefix($0.count)) }
        withUnsafeMutableBytes(of: &pointer.pointee.previous_cookie) {
            $0.copyBytes(from: previous.prefix($0.count))
        }
    }

    /// What `read` writes into the room for one record: `nil` if it is nothing.
    func reading(_ read: (UnsafeMutableRawPointer, Int32) -> Int32) -> [UInt8]? {
        guard let base = record.baseAddress else { return nil }
        let count = Int(read(base, Int32(clamping: record.count)))
        return count > 0 ? Array(record[..<min(count, record.count)]) : nil
    }
}

/// Libssl's way to a ``DatagramExchange``, made once and never changed.
struct DatagramMethod: @unchecked Sendable {
    // Only read after it was made; libssl counts on methods that live as long as the program.
    static let shared = DatagramMethod()
    let pointer: OpaquePointer?

    private init() { pointer = assay_dtls_bio_method_new() }
}
