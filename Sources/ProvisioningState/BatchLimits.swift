import ProvisioningCommands

/// What a device that asks can take at once.
package struct BatchLimits: Sendable, Equatable {
    /// Elements of the array, helper steps and `finished` included.
    package var records: Int
    /// Octets of the body.
    package var body: Int
    /// Octets of a body with several commands: some room is left.
    package var severalBody: Int
    /// Octets of the answers to come.
    package var answers: Int
    /// Octets of one AT line.
    package var line: Int

    /// What clients before NCS 3.1, which do not say it, take: the smallest setting.
    package static let recordsByDefault = 5
    package static let receiveByDefault = 1024
    package static let transmitByDefault = 2048
    /// What a batch of several commands leaves free.
    private static let reserve = 512
    private static let bounds = 0...1_000_000

    /// - Parameters:
    ///   - limit, rxMaxSize, txMaxSize: as the device said; nil where it did not.
    ///   - headSize: octets before the body that count too; 0 over CoAP.
    package init(limit: Int?, rxMaxSize: Int?, txMaxSize: Int?, headSize: Int) {
        let receive = Self.bounded(rxMaxSize ?? Self.receiveByDefault)
        let transmit = Self.bounded(txMaxSize ?? Self.transmitByDefault)
        records = Self.bounded(limit ?? Self.recordsByDefault)
        let head = Self.bounded(headSize)
        body = max(0, receive - head - (head > 0 ? 1 : 0))
        severalBody = max(0, min(body, receive - Self.reserve))
        answers = transmit
        line = max(0, transmit - 1)
    }

    private static func bounded(_ value: Int) -> Int {
        min(max(value, bounds.lowerBound), bounds.upperBound)
    }
}

/// Octets that the answer to one record is likely to need.
enum ExpectedAnswer {
    static func size(of record: DeviceCommand) -> Int {
        guard case .at(let command) = record.action else { return 45 }
        guard command.name == "%KEYGEN" else { return 60 }
        return command.parameters.utf8.split(separator: UInt8(ascii: ",")).dropFirst(2).first.map {
            $0.elementsEqual("1".utf8) ? 400 : 900
        } ?? 900
    }
}
