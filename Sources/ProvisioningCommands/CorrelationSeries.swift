public import DeviceIdentity
public import Diagnostics

/// The correlation ids of a batch: a UUID, a full stop and a hexadecimal counter, with `.s` for a helper step.
///
/// That form is what the service's own ids look like; a device takes them as they are.
public struct CorrelationSeries: Sendable, Equatable {
    /// Bytes that the device library's buffer holds. It copies without looking, so a longer id must never be sent.
    public static let lengthLimit = 45
    /// The largest counter that leaves room for `.s`: six digits.
    public static let largestCounter: UInt32 = 0xff_ffff

    private let uuid: DeviceUUID
    private let first: UInt32

    /// - Parameter first: the counter of the first command, at most ``largestCounter``.
    public init(uuid: DeviceUUID, first: UInt32 = 1) {
        self.uuid = uuid
        self.first = first
    }

    /// A counter as it stands in an id: 1 to 6 hexadecimal digits; throws `usage` otherwise.
    public static func counter(text: String) throws(ToolError) -> UInt32 {
        let isHexadecimal = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
        guard isHexadecimal, 1...6 ~= text.utf8.count, let counter = UInt32(text, radix: 16) else {
            throw ToolError(
                .usage, "expected a counter of 1 to 6 hexadecimal digits, found \(Shown.text(text))")
        }
        return counter
    }

    /// The id of the command with this 0-based place; throws `command-limit` after ``largestCounter``.
    func id(_ place: Int) throws(ToolError) -> String {
        let (counter, overflows) = Int(first).addingReportingOverflow(place)
        guard !overflows, 0...Int(Self.largestCounter) ~= counter else {
            throw ToolError(
                .commandLimit, "expected counters of correlation ids up to ffffff, found a larger one",
                hint: "begin with a smaller counter")
        }
        return "\(uuid).\(String(counter, radix: 16))"
    }

    /// The id of the helper step before a command.
    static func helper(of id: String) -> String { id + ".s" }
}
