import ProvisioningState

/// What a device says of itself when it asks; `after` is a hint that nothing depends on.
package struct DeviceQuery: Sendable, Equatable {
    /// What the device can take, nil where it does not say.
    private struct Sizes: Sendable, Equatable {
        var limit: Int?
        var receive: Int?
        var transmit: Int?
    }

    private let sizes: Sizes
    /// Octets before the body of the answer that count with it.
    private let headSize: Int
    /// Whether an old client has cut its query, so that sizes may be missing or too small.
    private let isCut: Bool
    /// Whether it came over CoAP; kept with the sizes, so that a look ahead counts as the fetch does.
    private let isCoAP: Bool

    /// Of a query string, of HTTP or as it was kept.
    ///
    /// - Parameter headSize: octets of the head of an answer over HTTP.
    /// - Throws: ``DeviceRefusal`` for a size that is no number.
    init(_ query: String?, headSize: Int) throws {
        let parts = query.map { $0.split(separator: "&").map(String.init) } ?? []
        func number(_ name: String) throws -> Int? {
            guard let text = Self.text(name, parts) else { return nil }
            guard let number = Self.number(text) else { throw DeviceRefusal.badRequest }
            return number
        }
        sizes = Sizes(
            limit: try number("limit"), receive: try number("rxMaxSize"), transmit: try number("txMaxSize"))
        isCoAP = parts.contains(Self.coapMark)
        isCut = false
        self.headSize = isCoAP ? 0 : headSize
    }

    /// Of CoAP's Uri-Path and Uri-Query. Clients cut path and query, joined, at 64 or 128 octets: the last value is then
    /// not trusted, and what is missing is taken from what the device said before.
    ///
    /// - Throws: ``DeviceRefusal`` for a size that is no number and not the last part, where it may be cut.
    package init(path: [String], query: [String]) throws {
        let joined = path.joined(separator: "/").utf8.count + 1 + query.joined(separator: "&").utf8.count
        isCut = Self.cutLengths.contains(joined)
        let parts = isCut ? query.dropLast() : query[...]
        func number(_ name: String) throws -> Int? {
            guard let text = Self.text(name, parts) else { return nil }
            if let number = Self.number(text) { return number }
            guard parts.last == "\(name)=\(text)" else { throw DeviceRefusal.badRequest }
            return nil
        }
        sizes = Sizes(
            limit: try number("limit"), receive: try number("rxMaxSize"), transmit: try number("txMaxSize"))
        isCoAP = true
        headSize = 0
    }

    /// Where Zephyr's client cuts by default, and where the vendor's samples do.
    private static let cutLengths: Set = [64, 128]
    private static let coapMark = "transport=coap"

    private static func text(_ name: String, _ parts: some Collection<String>) -> String? {
        parts.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    private static func number(_ text: String) -> Int? {
        guard 1...9 ~= text.utf8.count, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// What fits the device.
    ///
    /// - Parameter kept: what it said in its last whole query; counts only where this one is cut.
    func limits(kept: String? = nil) -> BatchLimits {
        var sizes = sizes
        if isCut, let old = try? DeviceQuery(kept, headSize: headSize) {
            sizes.limit = sizes.limit ?? old.sizes.limit
            sizes.receive = sizes.receive ?? old.sizes.receive
            sizes.transmit = sizes.transmit ?? old.sizes.transmit
        }
        return BatchLimits(
            limit: sizes.limit, rxMaxSize: sizes.receive, txMaxSize: sizes.transmit, headSize: headSize)
    }

    /// What is to be kept of it, as a query of its own; nil for one that was cut.
    var text: String? {
        guard !isCut else { return nil }
        let sizes = [("limit", sizes.limit), ("rxMaxSize", sizes.receive), ("txMaxSize", sizes.transmit)]
        let parts = sizes.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return (parts + (isCoAP ? [Self.coapMark] : [])).joined(separator: "&")
    }
}
