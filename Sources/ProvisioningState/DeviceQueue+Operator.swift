package import DeviceIdentity
package import ProvisioningCommands

/// What operators do to a queue.
extension DeviceQueue {
    /// Puts a command at the end.
    package mutating func add(_ command: QueuedCommand) throws(QueueRefusal) {
        guard self.command(command.id) == nil else { throw .knownCommand }
        guard commands.count < Self.limit else { throw .full }
        append(command)
    }

    mutating func append(_ command: QueuedCommand) {
        commands.append(command)
        // New work: the device is no longer what it was, and gets the command when it connects.
        if phase == .provisioned { phase = .ready }
    }

    /// Replaces what a command asks for and its time-out; it is to be run, whether it had failed or not.
    package mutating func update(
        _ id: DeviceUUID, to command: ProvisioningCommand, timeout: Int64? = nil
    ) throws(QueueRefusal) {
        let place = try place(of: id, in: [.pending, .failed])
        commands[place].command = command
        commands[place].timeout = timeout
        reset(place)
    }

    /// Has a command run again.
    package mutating func retry(_ id: DeviceUUID) throws(QueueRefusal) {
        let place = try place(of: id, in: [.failed, .skipped])
        reset(place)
        if phase == .provisioned || phase == .awaiting { phase = .ready }
    }

    /// Passes a command over for good; also one in progress whose result is overdue, which may be what the device dies
    /// of.
    ///
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - usualTimeout: seconds, as in ``QueuedCommand/isOverdue(at:usual:)``.
    package mutating func skip(
        _ id: DeviceUUID, at time: Int64, usualTimeout: Int64 = 0
    ) throws(QueueRefusal) {
        let place = try place(of: id, in: [.pending, .failed], orOverdueAt: time, usualTimeout)
        commands[place].status = .skipped
        commands[place].endedAt = time
        commands[place].needsFollowUp = false
        settle()
    }

    /// Takes a command out, which makes room for another; also one in progress whose result is overdue.
    ///
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - usualTimeout: seconds, as in ``QueuedCommand/isOverdue(at:usual:)``.
    package mutating func delete(
        _ id: DeviceUUID, at time: Int64 = 0, usualTimeout: Int64 = 0
    ) throws(QueueRefusal) {
        let place = try place(
            of: id, in: [.pending, .succeeded, .failed, .skipped], orOverdueAt: time, usualTimeout)
        commands.remove(at: place)
        settle()
    }

    /// Holds back everything that is not delivered yet.
    package mutating func block() { isBlocked = true }

    /// Ends a block: the device stands where it stood.
    package mutating func unblock() { isBlocked = false }

    private mutating func reset(_ place: Int) {
        commands[place].status = .pending
        commands[place].result = nil
        commands[place].startedAt = nil
        commands[place].endedAt = nil
        commands[place].answeredSteps = 0
        commands[place].needsFollowUp = false
    }

    private func place(
        of id: DeviceUUID, in allowed: [CommandStatus], orOverdueAt time: Int64, _ usual: Int64
    ) throws(QueueRefusal) -> Int {
        let place = try place(of: id)
        if commands[place].isOverdue(at: time, usual: usual) { return place }
        return try self.place(of: id, in: allowed)
    }

    private func place(of id: DeviceUUID, in allowed: [CommandStatus]) throws(QueueRefusal) -> Int {
        let place = try place(of: id)
        let status = commands[place].status
        guard allowed.contains(status) else { throw .wrongState(status, allowed: allowed) }
        return place
    }
}
