/// The AT command lines that a device assembles from a command, as far as their length goes.
///
/// The nRF Connect SDK's provisioning library sends `AT`, the command, `=` and the parameters as one line
/// from one buffer. Its size is the larger of two settings: 1792, made for AT lines, and the transmit buffer, 2048
/// by default. So 2048 is what a device takes unless its maker changed that.
enum ATCommandLine {
    /// What the buffer holds however small the transmit buffer was made.
    static let smallestBuffer = 1792
    /// What the buffer holds by default.
    static let defaultBuffer = 2048

    /// Bytes of the longest line of a command; 0 when it makes none.
    static func longest(for request: CommandRequest) -> Int {
        let lengths = request.deviceSteps.flatMap { step in
            guard case .at(let work) = step.action else { return [0] }
            return [work.lineLength, step.helper?.lineLength ?? 0]
        }
        return lengths.max() ?? 0
    }
}
