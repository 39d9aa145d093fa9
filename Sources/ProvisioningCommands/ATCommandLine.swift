import DeviceIdentity

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
        switch request {
        case .clientPrivateKeyGeneration(let tag), .cloudAccessKeyGeneration(let tag):
            "AT%KEYGEN=\(tag),2,1".utf8.count
        case .certificateSigningRequest(let tag, let attributes, let keyUsage):
            "AT%KEYGEN=\(tag),2,0".utf8.count + quoted(attributes) + quoted(keyUsage?.description)
        case .serverCertificate(let tag, let content), .clientCertificate(let tag, let content):
            write(tag) + quoted(content)
        case .clientPrivateKey(let tag, let content, let password):
            write(tag) + quoted(content) + quoted(password)
        case .preSharedKey(let tag, let identity, let secret):
            write(tag) + max(quoted(identity), quoted(secret))
        case .config, .finished: 0
        }
    }

    private static func write(_ tag: SecTag) -> Int {
        "AT%CMNG=0,\(tag),0".utf8.count
    }

    /// A comma and the text between quotation marks.
    private static func quoted(_ text: String?) -> Int {
        text.map { $0.utf8.count + 3 } ?? 0
    }
}
