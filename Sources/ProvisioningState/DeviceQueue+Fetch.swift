package import DeviceIdentity
package import ProvisioningCommands

/// A rule in force, as far as a queue needs it.
package struct ActiveRule: Sendable, Equatable {
    package let id: String
    package let commands: [ProvisioningCommand]

    package init(id: String, commands: [ProvisioningCommand]) {
        self.id = id
        self.commands = commands
    }
}

/// What a fetch depends on beside the queue.
package struct FetchTerms: Sendable {
    package var limits: BatchLimits
    /// The rules in force that the device's groups make its own, in the order of their creation.
    package var rules: [ActiveRule]
    package var onFailure: DeviceQueue.FailureRule
    /// Whether the service makes the certificate for a rule's `cloudAccessKeyGeneration` and ends the rule
    /// itself.
    package var completesRules: Bool
    /// Seconds since 1970.
    package var time: Int64
    /// The id of a command of a rule, by its place in the rule: the same for the same device, rule and place,
    /// so that what will be delivered can be told.
    package var commandID: @Sendable (_ rule: String, _ place: Int) -> DeviceUUID

    package init(
        limits: BatchLimits, rules: [ActiveRule], onFailure: DeviceQueue.FailureRule, completesRules: Bool,
        time: Int64, commandID: @escaping @Sendable (_ rule: String, _ place: Int) -> DeviceUUID
    ) {
        self.limits = limits
        self.rules = rules
        self.onFailure = onFailure
        self.completesRules = completesRules
        self.time = time
        self.commandID = commandID
    }
}

/// What came of a fetch.
package struct Delivery: Sendable, Equatable {
    /// What the device gets; none means that there is nothing to say.
    package var records: [DeviceCommand] = []
    /// The commands that these records are of.
    package var delivered: [DeviceUUID] = []
    /// Rules whose commands came into the queue.
    package var appliedRules: [String] = []
    /// Commands that this device cannot take.
    package var undeliverable: [DeviceUUID] = []
}

extension DeviceQueue {
    /// A device asks for commands.
    ///
    /// Delivered are, in their order, the commands without a result, also those that were delivered before: a
    /// report that was lost is never repeated. `finished` comes last, when nothing else is left, since it
    /// ends the device's run: one before other commands waits for them.
    package mutating func fetch(_ terms: FetchTerms) -> Delivery {
        var delivery = Delivery()
        guard !isBlocked, suspendedBy == nil else { return delivery }
        applyRules(terms, &delivery)
        var size = 1
        var answers = 0
        for place in deliveryOrder(terms) {
            let records = commands[place].records(attempt: commands[place].attempts + 1)
            let isFirst = delivery.records.isEmpty
            let fit = Fit(records, after: delivery.records.count, size: size, answers: answers)
            guard fit.isWithin(terms.limits, isFirst: isFirst) else {
                if isFirst, let reason = Fit(records).reason(against: terms.limits) {
                    fail(place, .undeliverable(reason: reason), terms.time)
                    delivery.undeliverable.append(commands[place].id)
                    suspend(terms.onFailure)
                }
                break
            }
            size = fit.size
            answers = fit.answers
            delivery.records += records
            delivery.delivered.append(commands[place].id)
        }
        for id in delivery.delivered {
            guard let place = commands.firstIndex(where: { $0.id == id }) else { continue }
            if commands[place].status != .inProgress { commands[place].startedAt = terms.time }
            commands[place].status = .inProgress
            commands[place].attempts += 1
            commands[place].deliveredAt = terms.time
            commands[place].answeredSteps = 0
        }
        if !delivery.records.isEmpty { phase = .provisioning }
        return delivery
    }

    /// The places of what may be delivered: commands in their order, then one `finished`.
    private func deliveryOrder(_ terms: FetchTerms) -> [Int] {
        let open = commands.indices.filter { commands[$0].isOpen }
        var order = open.filter { !commands[$0].isFinished }
        // The certificate for this key is to come, and `finished` after it.
        let isToBeContinued =
            commands.contains(where: \.needsFollowUp)
            || terms.completesRules && order.contains { commands[$0].isCompleted }
        if !isToBeContinued, let finished = open.last(where: { commands[$0].isFinished }) {
            order.append(finished)
        }
        return order
    }

    private mutating func applyRules(_ terms: FetchTerms, _ delivery: inout Delivery) {
        for rule in terms.rules where !appliedRules.contains(rule.id) {
            // What ended does not count here: a device would otherwise stand still once it had run enough
            // rules.
            let open = commands.count(where: \.isOpen)
            guard open + rule.commands.count <= Self.limit else { return }
            appliedRules.insert(rule.id)
            delivery.appliedRules.append(rule.id)
            for (place, command) in rule.commands.enumerated() {
                let id = terms.commandID(rule.id, place)
                guard self.command(id) == nil else { continue }
                append(
                    QueuedCommand(id: id, command: command, origin: .rule(rule.id), createdAt: terms.time))
            }
        }
    }

    mutating func fail(_ place: Int, _ result: CommandResult, _ time: Int64) {
        commands[place].status = .failed
        commands[place].result = result
        commands[place].endedAt = time
    }

    /// What happens to the others when a command has failed: those that were fetched with it did not run.
    mutating func suspend(_ rule: FailureRule) {
        phase = .error
        switch rule {
        case .suspend:
            for place in commands.indices where commands[place].status == .inProgress {
                commands[place].status = .pending
                commands[place].startedAt = nil
                commands[place].answeredSteps = 0
            }
        case .clear: commands.removeAll { $0.isOpen || $0.status == .failed }
        }
    }
}

extension QueuedCommand {
    /// Whether the service completes the rule of this command.
    var isCompleted: Bool {
        guard case .rule = origin else { return false }
        return command.request.kind == .cloudAccessKeyGeneration
    }
}

/// How much of a device's room a batch takes.
private struct Fit {
    let records: [DeviceCommand]
    let count: Int
    let size: Int
    let answers: Int

    init(_ records: [DeviceCommand], after count: Int = 0, size: Int = 1, answers: Int = 0) {
        self.records = records
        self.count = count + records.count
        // The array's head takes one octet for up to 23 records, and two for up to 255; then it is two for
        // all.
        let own =
            records.isEmpty ? 0 : DeviceMessage.commands(records).cbor.count - (records.count > 23 ? 2 : 1)
        self.size = size + own + (self.count > 23 && count <= 23 ? 1 : 0)
        self.answers = answers + records.reduce(0) { $0 + ExpectedAnswer.size(of: $1) }
    }

    func isWithin(_ limits: BatchLimits, isFirst: Bool) -> Bool {
        reason(against: limits, body: isFirst ? limits.body : limits.severalBody) == nil
    }

    /// Why it does not fit; nil if it does.
    func reason(against limits: BatchLimits) -> String? { reason(against: limits, body: limits.body) }

    private func reason(against limits: BatchLimits, body: Int) -> String? {
        for record in records {
            guard case .at(let command) = record.action, command.lineLength > limits.line else { continue }
            return
                "expected an AT line of at most \(limits.line) octets, which is what the device takes, found "
                + "\(command.lineLength)"
        }
        if size > body {
            return
                "expected a body of at most \(body) octets, which is what the device receives, found \(size)"
        }
        if count > limits.records {
            return
                "expected at most \(limits.records) records, which is what the device takes, found \(count)"
        }
        if answers > limits.answers {
            return
                "expected answers of at most \(limits.answers) octets, which is what the device sends, found "
                + "about \(answers)"
        }
        return nil
    }
}
