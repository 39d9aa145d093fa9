package import Diagnostics

/// One thread's talk with a service: each request in its turn, pauses kept, failures told apart.
package final class Conversation {
    package let address: ServiceAddress
    package let clock: SubmissionClock
    package let control: RunControl
    private let pace: any Pace
    private let transport: any ServiceTransport
    /// Microseconds between two requests; 0 for no rate.
    private let interval: Int64
    /// Of the request that was sent last.
    private var kind = RunControl.Kind.question

    package init(
        with address: ServiceAddress, over transport: any ServiceTransport, pace: any Pace,
        interval: Int64,
        clock: SubmissionClock, control: RunControl
    ) {
        self.address = address
        self.transport = transport
        self.pace = pace
        self.interval = interval
        self.clock = clock
        self.control = control
    }

    /// What a request led to.
    package enum Reply: Sendable {
        case answer(ServiceAnswer)
        /// The service does not have it: it was not reached, or said that it is busy (429).
        case notTaken
        /// Nobody knows.
        case unknown(String)
        /// The run is over; nothing was sent.
        case stopped
    }

    /// Sends a request once. What failed has been waited for when this returns.
    package func send(_ call: ServiceCall) throws(ToolError) -> Reply {
        kind = call.method == "GET" ? .question : .change
        guard try waitForTurn() else { return .stopped }
        switch transport.send(call) {
        case .notSent(let reason):
            backOff(unreachable(reason))
            return .notTaken
        case .unanswered(let reason):
            backOff(unreachable(reason))
            return .unknown(reason)
        case .senseless(let reason):
            distrust(reason)
            return .unknown(reason)
        case .answer(let answer):
            let wished = wait(wishedBy: answer)
            if answer.status == 429 {
                // The service is there: being asked to wait is no failure, however often it comes.
                control.answered(kind)
                let jitter = clock.random(wished == nil ? 1_000_000 : 250_000)
                try pace.pause(address.provisioning, until: clock.now() + (wished ?? 1_000_000) + jitter)
                return .notTaken
            }
            // 408 and 425 are of whoever stands in between as often as of the service: they say nothing of the request.
            if 500...599 ~= answer.status || [408, 425].contains(answer.status) {
                if let wished { try pace.pause(address.provisioning, until: clock.now() + wished) }
                let reason = "HTTP \(answer.status): \(AnswerText.message(answer))"
                backOff(
                    ToolError(
                        .serviceUnreachable, "the service fails: \(reason)", context: [place],
                        hint: "run the command again later; what is done is kept"))
                return .unknown(reason)
            }
            return .answer(answer)
        }
    }

    /// The last answer made sense: the service is there.
    package func trust() { control.answered(kind) }

    /// Sends a request that changes nothing until it is answered; `nil` when the run stopped first.
    package func ask(_ call: ServiceCall) throws(ToolError) -> ServiceAnswer? {
        try insist(call)?.answer
    }

    /// Sends a request that may be done twice until it is answered; `nil` when the run stopped first.
    ///
    /// - Returns: the answer, and whether the service may have done it before at an earlier try.
    package func insist(
        _ call: ServiceCall
    ) throws(ToolError) -> (answer: ServiceAnswer, mayBeDone: Bool)? {
        var mayBeDone = false
        while true {
            switch try send(call) {
            case .answer(let answer):
                guard answer.body.isEmpty || AnswerText.json(answer) != nil else {
                    mayBeDone = true
                    distrust("HTTP \(answer.status): \(AnswerText.message(answer))")
                    if control.isStopped { return nil }
                    continue
                }
                trust()
                return (answer, mayBeDone)
            case .stopped: return nil
            case .notTaken: if control.isStopped { return nil }
            case .unknown:
                mayBeDone = true
                if control.isStopped { return nil }
            }
        }
    }

    /// Waits for so long, or until the run is over.
    package func rest(_ span: Int64) {
        let end = clock.now() + span
        while !control.isStopped {
            let left = end - clock.now()
            if left <= 0 { return }
            clock.sleep(min(left, 100_000))
        }
    }

    /// An answer came that says nothing: as if there had been none.
    package func distrust(_ reason: String) {
        backOff(
            ToolError(
                .serviceContract, "the service's answer makes no sense: \(reason)", context: [place],
                hint: "check the address of the service and what stands between it and here"))
    }

    /// How long the service wants to be left alone, in microseconds.
    private func wait(wishedBy answer: ServiceAnswer) -> Int64? {
        if let seconds = answer.retryAfter { return RetryPolicy.delay(retryAfter: seconds) }
        return answer.retryAt.map { RetryPolicy.delay(until: $0, now: clock.now()) }
    }

    private var place: ToolError.Context { .init("service", address.provisioning.escapedForTerminal) }

    private func unreachable(_ reason: String) -> ToolError {
        ToolError(
            .serviceUnreachable, "the service does not answer: \(reason)", context: [place],
            hint: "check the address and the network, then run the command again; what is done is kept")
    }

    private func backOff(_ error: ToolError) {
        let failures = control.troubled(error, kind, at: clock.now())
        rest(RetryPolicy.delay(after: failures, random: clock.random))
    }

    /// False when the run is over.
    private func waitForTurn() throws(ToolError) -> Bool {
        if control.isStopped { return false }
        let turn = try pace.takeTurn(at: address.provisioning, interval: interval, now: clock.now())
        rest(turn - clock.now())
        // Somebody may have been told to wait while this one waited for its turn.
        while !control.isStopped {
            let pause = try pace.pause(of: address.provisioning, now: clock.now())
            let left = pause - clock.now()
            if left <= 0 { return true }
            rest(left)
        }
        return false
    }
}
