import NIOCore

/// The address of a peer as octets, which the DTLS engine takes for a name.
enum PeerAddress {
    /// nil for one that cannot be answered: port 0 is nobody's, and the system refuses to send there.
    static func octets(_ address: SocketAddress) -> [UInt8]? {
        guard let host = address.ipAddress, let port = address.port, port > 0 else { return nil }
        return Array("\(port) \(host)".utf8)
    }

    static func address(_ octets: [UInt8]) -> SocketAddress? {
        let parts = String(decoding: octets, as: UTF8.self).split(separator: " ")
        guard parts.count == 2, let port = Int(parts[0]) else { return nil }
        return try? SocketAddress(ipAddress: String(parts[1]), port: port)
    }

    /// Without the port.
    static func host(_ octets: [UInt8]) -> String {
        String(decoding: octets.drop { $0 != UInt8(ascii: " ") }.dropFirst(), as: UTF8.self)
    }
}
