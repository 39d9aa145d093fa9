/// The lines of what a modem sends, however it comes in: without empty ones, colours and movements of the cursor.
///
/// Holds at most ``lineLimit`` octets, whatever comes.
public struct ATLineReader: Sendable {
    /// The octets of the longest line; a token has at most 4,096 characters.
    public static let lineLimit = 8_192
    /// The octets of one answer, with all that comes between: a log at 115,200 baud for a minute and a half.
    public static let answerLimit = 1 << 20
    /// The octets of one answer that are no text.
    public static let noiseLimit = 1_024

    /// Why what comes is no answer of a modem.
    public enum Fault: Error, Sendable, Equatable {
        case lineTooLong
        case answerTooLong
        case noise
    }

    private enum Escape { case none, begun, sequence }

    private var line: [UInt8] = []
    private var escape = Escape.none
    private var count = 0
    /// Octets since the last answer that are no text.
    public private(set) var noise = 0
    /// Octets since the last answer.
    public var octets: Int { count }

    public init() {}

    /// A new answer begins: what was counted is forgotten, a line that has begun goes on.
    public mutating func beginAnswer() {
        count = 0
        noise = 0
    }

    /// Takes what came in and appends the lines that it ends, also those before a fault.
    public mutating func take(_ octets: some Sequence<UInt8>, into lines: inout [String]) throws(Fault) {
        for octet in octets {
            count += 1
            guard count <= Self.answerLimit else { throw .answerTooLong }
            switch escape {
            case .begun: escape = octet == UInt8(ascii: "[") ? .sequence : .none
            // ECMA-48 section 5.4: parameters, then one octet that ends the sequence.
            case .sequence: if 0x40...0x7e ~= octet { escape = .none }
            case .none: try take(octet, &lines)
            }
        }
    }

    private mutating func take(_ octet: UInt8, _ lines: inout [String]) throws(Fault) {
        switch octet {
        case 0x0a, 0x0d: end(&lines)
        case 0x1b: escape = .begun
        // A tabulator; a shell steps back when it draws its line again.
        case 0x08, 0x09: break
        case 0x20...0x7e: line.append(octet)
        default:
            noise += 1
            guard noise <= Self.noiseLimit else { throw .noise }
            line.append(octet)
        }
        guard line.count <= Self.lineLimit else {
            line = []
            throw .lineTooLong
        }
    }

    private mutating func end(_ lines: inout [String]) {
        defer { line.removeAll(keepingCapacity: true) }
        let text = line.drop { $0 == 0x20 }
        guard let last = text.lastIndex(where: { $0 != 0x20 }) else { return }
        lines.append(String(decoding: text[...last], as: UTF8.self))
    }
}
