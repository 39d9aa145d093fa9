import ProvisioningCommands

extension ProvisioningCommand {
    /// The same with its PEM as modems take it: line feeds alone, and one at the end. Other forms are harmless in a
    /// request, and a modem answers CME 527 to them.
    var normalized: ProvisioningCommand {
        let request: CommandRequest
        switch self.request {
        case .clientCertificate(let tag, let content):
            request = .clientCertificate(tag, content: Self.lines(content))
        case .serverCertificate(let tag, let content):
            request = .serverCertificate(tag, content: Self.lines(content))
        case .clientPrivateKey(let tag, let content, let password):
            request = .clientPrivateKey(tag, content: Self.lines(content), password: password)
        default: return self
        }
        return ProvisioningCommand(request, description: description)
    }

    private static func lines(_ text: String) -> String {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count + 1)
        for octet in text.utf8 {
            if octet == 0x0a, octets.last == 0x0d { octets.removeLast() }
            octets.append(octet)
        }
        while octets.last == 0x0a { octets.removeLast() }
        if !octets.isEmpty { octets.append(0x0a) }
        return String(decoding: octets, as: UTF8.self)
    }
}
