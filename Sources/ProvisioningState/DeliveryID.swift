package import DeviceIdentity

/// A correlation id: which step of which delivery of which command.
///
/// `<UUID of the command>.<hexadecimal counter>`, with `.s` for a helper step: 45 characters at most, which
/// is what a device has room for. Each delivery has ids of its own, so that a late report of an older one is
/// recognised.
package struct DeliveryID: Sendable, Equatable {
    /// No command has more steps.
    private static let stepsPerAttempt = 4
    /// What leaves room for `.s`.
    private static let largestCounter = 0xff_ffff

    package let command: DeviceUUID
    package let counter: Int
    package let isHelper: Bool

    /// - Parameter attempt: counted from 1; the counter starts anew after four millions.
    init(command: DeviceUUID, attempt: Int, step: Int, isHelper: Bool = false) {
        self.command = command
        let attempts = (Self.largestCounter + 1) / Self.stepsPerAttempt
        counter = (attempt % attempts) * Self.stepsPerAttempt + step % Self.stepsPerAttempt
        self.isHelper = isHelper
    }

    /// Nil for what is no id of ours.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45, bytes.count > 37, bytes[36] == UInt8(ascii: "."),
            let command = DeviceUUID(text: bytes[..<36])
        else { return nil }
        var digits = bytes[37...]
        isHelper = digits.suffix(2).elementsEqual(".s".utf8)
        if isHelper { digits = digits.dropLast(2) }
        guard 1...6 ~= digits.count,
            digits.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }),
            let counter = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        self.command = command
        self.counter = counter
        // A device gives back what it was given, octet for octet: another spelling of it is not ours.
        guard self.text.utf8.elementsEqual(bytes) else { return nil }
    }

    package var text: String {
        "\(command).\(String(counter, radix: 16))" + (isHelper ? ".s" : "")
    }

    /// Which step of this delivery it is; nil for one of another delivery.
    func step(ofAttempt attempt: Int) -> Int? {
        let first = DeliveryID(command: command, attempt: attempt, step: 0).counter
        let step = counter - first
        return (0..<Self.stepsPerAttempt).contains(step) ? step : nil
    }
}
