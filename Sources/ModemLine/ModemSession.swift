// Module ModemLine: a bench's work with the modem at a serial port: who is there, tokens, keys, credentials.

public import ATCommands
public import Diagnostics
public import InputOutput

/// The conversation with one modem: which dialect it takes, one command after the other, off line where it has to be.
public final class ModemSession {
    /// How long an attempt to find somebody lasts.
    private static let attempt: UInt64 = 1_000_000_000

    private let port: SerialPort
    private let timeout: UInt64
    private var reader = ATLineReader()
    /// What the firmware takes.
    public private(set) var dialect: ATDialect
    private let isDialectGiven: Bool
    /// Cleared while the modem is brought back on line: that is not left out because somebody is in a hurry.
    private var heedsSignals = true

    /// Finds out who is there.
    ///
    /// - Parameters:
    ///   - dialect: `nil` finds it out.
    ///   - timeout: nanoseconds for each answer, and for all attempts to find somebody.
    /// - Throws: ``ToolError`` with `io` when nobody answers, `modem-error` when what comes is no answer.
    public init(_ port: SerialPort, dialect: ATDialect?, timeout: UInt64) throws(ToolError) {
        self.port = port
        self.timeout = timeout
        self.dialect = dialect ?? .plain
        isDialectGiven = dialect != nil
        try findModem()
    }

    // MARK: Who is there

    private func findModem() throws(ToolError) {
        let end = System.monotonicNanoseconds() &+ timeout
        var heard = 0
        var fault: ATLineReader.Fault?
        repeat {
            port.discardInput()
            reader = ATLineReader()
            switch try attempt(until: end) {
            case .success(true): return
            case .success(false): break
            case .failure(let found): fault = found
            }
            heard += reader.octets
            if !isDialectGiven { dialect = dialect.other }
            // One who refuses does so at once.
            System.sleep(milliseconds: 50)
        } while System.monotonicNanoseconds() < end
        if let fault { throw error(fault) }
        let found = heard == 0 ? "none" : "\(heard) octets that are none"
        throw ToolError(
            .io, "expected an answer to AT, found \(found)", context: [place],
            hint: heard == 0 ? .silentPort : .noisyPort)
    }

    /// Whether a modem answers in the present dialect, and goes on to do so.
    private func attempt(until end: UInt64) throws(ToolError) -> Result<Bool, ATLineReader.Fault> {
        let limit = min(end, System.monotonicNanoseconds() &+ Self.attempt)
        switch try exchange(.attention, until: limit).result {
        case .success(.ok?): break
        case .success: return .success(false)
        case .failure(let fault): return .failure(fault)
        }
        // The OK may be the late one to an attempt before, in the other dialect: this one is refused then.
        let answer = try exchange(
            .reportErrors, until: max(limit, System.monotonicNanoseconds() &+ Self.attempt))
        switch answer.result {
        case .success(.ok?): return .success(true)
        case .success: return .success(false)
        case .failure(let fault): return .failure(fault)
        }
    }

    // MARK: Questions and answers

    /// The information that stands before `OK`, of the kind that the request wants.
    ///
    /// - Throws: ``ToolError`` with `modem-error` when the modem refuses or answers something else, `io` when it does not
    ///   answer.
    public func ask(_ request: ATRequest) throws(ToolError) -> [String] {
        switch try answer(request) {
        case .ok(let information): return information
        case let refusal: throw self.refusal(refusal, request)
        }
    }

    /// Why the modem did not do what it was asked for.
    func refusal(_ answer: ATAnswer, _ request: ATRequest) -> ToolError {
        ModemRefusal(answer, request).error.at("port", port.path.escapedForTerminal)
    }

    /// The one line of information of a request.
    public func value(_ request: ATRequest) throws(ToolError) -> String {
        guard let value = try ask(request).first else { throw missing(request, []) }
        return value
    }

    /// What the modem makes of a request.
    ///
    /// - Throws: ``ToolError`` with `io` when it does not answer, `modem-error` for what is no answer.
    public func answer(_ request: ATRequest) throws(ToolError) -> ATAnswer {
        let (exchange, result) = try exchange(request, until: System.monotonicNanoseconds() &+ timeout)
        switch result {
        case .failure(let fault): throw error(fault)
        case .success(let answer?):
            if case .ok(let information) = answer, information.isEmpty, request.information.isNeeded {
                throw missing(request, exchange.foreign)
            }
            guard exchange.left == 0 else {
                throw ToolError(
                    .modemError,
                    "expected at most \(ATExchange.informationLimit) lines in the answer to \(request.name), found "
                        + "\(exchange.left) more",
                    context: [place])
            }
            return answer
        case .success(nil):
            guard exchange.foreign.isEmpty else { throw missing(request, exchange.foreign) }
            throw ToolError(
                .io, "expected an answer to \(request.name), found none in time", context: [place],
                hint: .slowModem)
        }
    }

    private func missing(_ request: ATRequest, _ foreign: [String]) -> ToolError {
        let found = foreign.isEmpty ? "OK alone" : "one to " + foreign.joined(separator: ", ")
        return ToolError(
            .modemError, "expected an answer to \(request.name), found \(found)", context: [place],
            hint:
                "another program or the application may talk to the modem at the same time: stop it, then try again"
        )
    }

    private func exchange(
        _ request: ATRequest, until deadline: UInt64
    ) throws(ToolError) -> (exchange: ATExchange, result: Result<ATAnswer?, ATLineReader.Fault>) {
        var exchange = ATExchange(request)
        reader.beginAnswer()
        try port.write(dialect.octets(of: request), until: deadline, heedsSignals: heedsSignals)
        var octets: [UInt8] = []
        while try port.read(into: &octets, until: deadline, heedsSignals: heedsSignals) {
            var lines: [String] = []
            var fault: ATLineReader.Fault?
            do throws(ATLineReader.Fault) {
                try reader.take(octets, into: &lines)
            } catch {
                fault = error
            }
            for line in lines {
                if let answer = exchange.take(line) { return (exchange, .success(answer)) }
            }
            if let fault { return (exchange, .failure(fault)) }
            octets.removeAll(keepingCapacity: true)
            // Somebody who never stops is not waited for.
            if System.monotonicNanoseconds() >= deadline { break }
        }
        return (exchange, .success(nil))
    }

    private func error(_ fault: ATLineReader.Fault) -> ToolError {
        let found =
            switch fault {
            case .lineTooLong: "more than \(ATLineReader.lineLimit) octets without a line end"
            case .answerTooLong: "\(ATLineReader.answerLimit) octets without one"
            case .noise: "more than \(ATLineReader.noiseLimit) octets that are no text"
            }
        return ToolError(
            .modemError, "expected the answer of a modem, found \(found)", context: [place],
            hint: .noisyPort)
    }

    private var place: ToolError.Context { .init("port", port.path.escapedForTerminal) }

    // MARK: Off line

    /// What was done off line, and why the modem could not be brought back after it.
    struct Offline<Value> {
        let value: Value
        /// `nil` where the modem is where it was. What was done is done, so its result goes out before this.
        let leftOffLine: ToolError?
    }

    /// Does `work` with the modem off line, and brings it back to where it was: also when the work fails or a signal ends
    /// it.
    ///
    /// - Throws: what `work` throws.
    func offline<Value>(_ work: () throws(ToolError) -> Value) throws(ToolError) -> Offline<Value> {
        let information = try value(.functionMode)
        guard let mode = ATValues.number(information.prefix { $0 != "," }) else {
            throw ToolError(
                .modemError, "expected the number of a mode after +CFUN:, found something else",
                context: [place])
        }
        // Off, 0, is off line too.
        guard mode != 4, mode != 0 else { return Offline(value: try work(), leftOffLine: nil) }
        let result: Result<Value, ToolError>
        do throws(ToolError) {
            _ = try ask(.setFunctionMode(4))
            result = .success(try work())
        } catch {
            result = .failure(error)
        }
        heedsSignals = false
        defer { heedsSignals = true }
        do throws(ToolError) {
            _ = try ask(.setFunctionMode(mode))
        } catch {
            let left = ToolError.Context("modem", "left off line")
            switch result {
            case .failure(var first):
                first.context.append(left)
                throw first
            case .success(let value):
                var failure = error
                failure.context.append(left)
                failure.hint =
                    "what was asked for is done; AT+CFUN=\(mode), or a reset, brings the modem back"
                return Offline(value: value, leftOffLine: failure)
            }
        }
        return Offline(value: try result.get(), leftOffLine: nil)
    }
}

extension ATRequest.Information {
    /// Whether an answer without a line of information is none.
    var isNeeded: Bool {
        switch self {
        case .none, .list: false
        case .one, .value, .bare: true
        }
    }
}
