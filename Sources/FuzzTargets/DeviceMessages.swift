import CBOR
import JSON
import ProvisioningCommands

enum DeviceMessages {
    /// One encoding stands for a message, in strict CBOR, and what commands are folded into has the same records.
    static func check(_ bytes: [UInt8]) -> String? {
        guard let message = try? DeviceMessage(cbor: bytes) else { return nil }
        guard message.cbor == bytes else { return "the message is written in another way than it was read" }
        guard (try? CBORDecoder(.strict).decode(bytes)) != nil else {
            return "the message is not strict CBOR"
        }
        guard case .commands(let commands) = message else { return nil }
        let folded = ReceivedCommand.fold(commands)
        let records = DeviceMessage.commands(folded.flatMap(\.records))
        guard records.cbor == bytes else { return "folding loses or moves commands" }
        for command in folded {
            guard let request = command.request else { continue }
            guard let again = try? ProvisioningCommand(json: .object(["request": request.json])) else {
                return "a request is not one that the service takes"
            }
            guard again.request.json == request.json else { return "a request reads as another" }
        }
        return nil
    }
}
