package import DeviceIdentity
package import ProvisioningCommands

/// What came of a report.
package struct ReportOutcome: Sendable, Equatable {
    package var succeeded: [DeviceUUID] = []
    package var failed: [DeviceUUID] = []
    /// Commands for whose result the service owes a certificate.
    package var toFollowUp: [DeviceUUID] = []
    /// Responses that belong to nothing that is under way: repeated, late or foreign.
    package var ignored = 0
}

extension DeviceQueue {
    /// A device says what became of commands.
    ///
    /// Taken are results of the present delivery of a command alone, so the same report again changes
    /// nothing.
    package mutating func report(
        _ responses: [DeviceResponse], at time: Int64, onFailure: FailureRule, completesRules: Bool
    ) -> ReportOutcome {
        var outcome = ReportOutcome()
        for response in responses {
            guard let id = DeliveryID(response.correlationID),
                let place = commands.firstIndex(where: { $0.id == id.command && $0.status == .inProgress }),
                let step = id.step(ofAttempt: commands[place].attempts),
                step < commands[place].command.request.deviceStepCount
            else {
                outcome.ignored += 1
                continue
            }
            if let failure = StepJudgement.failure(response.result, of: commands[place], id) {
                fail(place, failure, time)
                outcome.failed.append(commands[place].id)
                continue
            }
            if id.isHelper { continue }
            answer(place, step, response.result, time, completesRules, &outcome)
        }
        if !outcome.failed.isEmpty {
            suspend(onFailure)
        } else {
            settle()
        }
        return outcome
    }

    private mutating func answer(
        _ place: Int, _ step: Int, _ result: DeviceResponse.Result, _ time: Int64, _ completesRules: Bool,
        _ outcome: inout ReportOutcome
    ) {
        // Steps are answered in their order; the last one ends the command.
        guard step == commands[place].answeredSteps else { return }
        commands[place].answeredSteps += 1
        guard commands[place].answeredSteps == commands[place].command.request.deviceStepCount else { return }
        succeed(place, StepJudgement.message(result, of: commands[place]), time)
        outcome.succeeded.append(commands[place].id)
        isFinishAcknowledged = commands[place].isFinished
        if completesRules, commands[place].isCompleted {
            commands[place].needsFollowUp = true
            outcome.toFollowUp.append(commands[place].id)
        }
        guard commands[place].isFinished else { return }
        // An earlier `finished` waited for what was before this one: it is done with it.
        for earlier in commands.indices.prefix(place) where commands[earlier].isFinished {
            guard commands[earlier].isOpen else { continue }
            succeed(earlier, nil, time)
            outcome.succeeded.append(commands[earlier].id)
        }
    }

    private mutating func succeed(_ place: Int, _ message: String?, _ time: Int64) {
        commands[place].status = .succeeded
        commands[place].result = .succeeded(message: message)
        commands[place].endedAt = time
    }

    /// What the service adds for a result of a rule's command; nothing if it was added already.
    ///
    /// - Returns: whether there was something to follow up.
    package mutating func followUp(_ id: DeviceUUID, with added: [QueuedCommand]) -> Bool {
        guard let place = commands.firstIndex(where: { $0.id == id && $0.needsFollowUp }) else {
            return false
        }
        commands[place].needsFollowUp = false
        let hasFinished = commands.contains { $0.isFinished && $0.isOpen }
        for command in added where self.command(command.id) == nil {
            if command.isFinished, hasFinished { continue }
            append(command)
        }
        return true
    }

    /// What the service could not add for a result of a rule's command: the command counts as failed.
    package mutating func refuseFollowUp(
        _ id: DeviceUUID, reason: String, at time: Int64, onFailure: FailureRule
    ) {
        guard let place = commands.firstIndex(where: { $0.id == id && $0.needsFollowUp }) else { return }
        commands[place].needsFollowUp = false
        fail(place, .refused(reason: reason), time)
        suspend(onFailure)
    }
}

/// Whether a response to one step is a success.
private enum StepJudgement {
    /// Why the command has failed; nil if this step is good.
    static func failure(
        _ result: DeviceResponse.Result, of command: QueuedCommand, _ id: DeliveryID
    ) -> CommandResult? {
        switch result {
        case .error(let cme, let message): return .failed(cme: cme, message: message)
        case .ok(let message):
            // A helper's ignored error comes as success with the error's text.
            if id.isHelper { return nil }
            // A bare ERROR comes as success too: the device takes its missing number for 0.
            if let cme = ModemAnswer.error(in: message) { return .failed(cme: cme, message: message) }
            if command.command.request.kind.makesKey, ModemAnswer.token(in: message) == nil {
                return .failed(cme: 0, message: "expected a token in the modem's answer, found none")
            }
            return nil
        case .config, .finished: return nil
        }
    }

    static func message(_ result: DeviceResponse.Result, of command: QueuedCommand) -> String? {
        guard case .ok(let message) = result else { return nil }
        return command.command.request.kind.makesKey ? ModemAnswer.token(in: message) : message
    }
}

/// The text of a modem's answer: information lines, quotation marks, `OK`.
package enum ModemAnswer {
    private static func lines(_ text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split { $0 == 0x0a || $0 == 0x0d }
    }

    /// The number of an error that the text says; 0 for one without a number, nil for no error.
    package static func error(in text: String) -> UInt32? {
        for line in lines(text) {
            if line.elementsEqual("ERROR".utf8) { return 0 }
            for prefix in ["+CME ERROR:", "+CMS ERROR:"] where line.starts(with: prefix.utf8) {
                let digits = line.dropFirst(prefix.utf8.count).filter { $0 != 0x20 }
                return UInt32(String(decoding: digits, as: UTF8.self)) ?? 0
            }
        }
        return nil
    }

    /// Two parts of base64url joined by a dot: between quotation marks, after the name of the command, or
    /// alone.
    package static func token(in text: String) -> String? {
        for line in lines(text) {
            let pieces = line.split { $0 == UInt8(ascii: "\"") || $0 == 0x20 || $0 == UInt8(ascii: ",") }
            for piece in pieces where isToken(piece) { return String(decoding: piece, as: UTF8.self) }
        }
        return nil
    }

    private static func isToken(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                part.count >= 16
                    && part.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                            true
                        default: false
                        }
                    }
            }
    }
}
