import ArgumentParser
import Attestation
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL
import Registry
import Store

/// `assay device learn`
struct DeviceLearn: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Recover identity keys from the devices' own signatures and pin them as observed.",
        discussion: """
            Two or more different outputs of one device (%ATTESTTOKEN, %KEYGEN) have one key in common. It is pinned \
            as observed: later outputs must be by the same signer. Observed is not trusted: it does not show that the \
            device is a genuine part, and anybody can send outputs in a device's name. A trusted key takes its place \
            with device add or import --replace-observed; device remove takes it away. Outputs may come in one run or in several; one alone is kept as pending. An \
            output that is not by the registered key is a key-conflict and changes nothing.

            EXAMPLES

              assay device learn --input attestation_tokens.csv
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let registry = try store.open(.create, console)
        try clock.check(environment.now, registry)
        let run = LearningRun(
            base64: input.base64, json: output.json, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast)
        let stream = input.stream
        let counts = try run.run(stream, registry, console, now: environment.now)
        console.note(
            counts.tally.summary(unit: "token", good: "taken")
                + "; \(counts.learned) \(counts.learned == 1 ? "key" : "keys") learned, "
                + "\(counts.pending) pending" + stream.passedOver.note)
        return counts.tally.exitStatus
    }
}

/// Tokens through the pipeline (decoding and recovery on all cores) into the registry (in order, one transaction a
/// block).
private struct LearningRun: Sendable {
    let base64: AttestationToken.Base64Rule
    let json: Bool
    let jobs: Int
    let failFast: Bool

    struct Counts {
        var tally = Tally()
        var learned = 0
        var pending = 0
    }

    private struct Item: Sendable {
        /// What an input counts as from which nothing can be learned.
        enum Refusal: Sendable {
            case unreadable, malformed, rejected
        }

        let location: InputLocation
        let observation: Result<Observation, RowError>
        var refusal = Refusal.malformed
    }

    private struct Output: Sendable {
        var items: [Item] = []
        var error: ToolError?
    }

    func run(
        _ stream: TokenStream, _ registry: any DeviceRegistry, _ console: Console, now: Int64
    ) throws(ToolError) -> Counts {
        var stream = stream
        var counts = Counts()
        let sink = StandardStream.output()
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in
                do throws(OpenSSLError) {
                    return try P256Arithmetic()
                } catch {
                    throw ToolError(.internalFault, error.message)
                }
            },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { process($1, $0) },
            deliver: { output throws(ToolError) in
                if let error = output.error {
                    console.error(error)
                }
                // With --fail-fast nothing behind the first failure may be taken: each is learned by itself.
                for group in failFast ? output.items.map({ [$0] }) : [output.items] {
                    try sink.write(take(group, registry, now, &counts))
                    if failFast, counts.tally.bad > 0 { return false }
                }
                console.progress(done: counts.tally.total, failed: counts.tally.bad, unit: "tokens")
                return true
            })
        try counts.tally.demandInputs(.tokenFormat, "a token")
        return counts
    }

    /// Learns from these inputs in one transaction; their results.
    private func take(
        _ items: [Item], _ registry: any DeviceRegistry, _ now: Int64, _ counts: inout Counts
    ) throws(ToolError) -> [UInt8] {
        let observations = items.compactMap { try? $0.observation.get() }
        let outcomes = observations.isEmpty ? [] : try registry.learn(observations, at: now)
        var next = outcomes.makeIterator()
        var bytes: [UInt8] = []
        for item in items {
            let report = LearningReport(
                location: item.location, observation: item.observation,
                outcome: (try? item.observation.get()) == nil ? nil : next.next())
            switch report.outcome {
            case .learned:
                counts.tally.good += 1
                counts.learned += 1
            case .known: counts.tally.good += 1
            case .pending:
                counts.tally.good += 1
                counts.pending += 1
            case .rejected: counts.tally.rejected += 1
            case nil:
                switch item.refusal {
                case .unreadable: counts.tally.unreadable += 1
                case .malformed: counts.tally.malformed += 1
                case .rejected: counts.tally.rejected += 1
                }
            }
            bytes += report.rendered(json: json)
        }
        return bytes
    }

    private func process(_ chunk: TokenChunk, _ arithmetic: P256Arithmetic) -> Output {
        var output = Output()
        if case .unreadable(let error) = chunk.content {
            output.error = error
            output.items.append(
                Item(
                    location: InputLocation(chunk.source, line: 1),
                    observation: .failure(RowError(error.code, error.message)),
                    refusal: error.code == .io ? .unreadable : .malformed))
        }
        chunk.forEachItem { item in
            let location = InputLocation(chunk.source, line: item.line)
            var refusal = Item.Refusal.malformed
            let observation: Result<Observation, RowError>
            do throws(RowError) {
                let text = try item.text.get()
                let expected = try item.uuid?.get()
                let token: AttestationToken
                do throws(TokenError) {
                    token = try AttestationToken(text, base64: base64)
                } catch {
                    throw RowError(error.code, error.message)
                }
                refusal = .rejected
                observation = .success(try observe(token, text, expected, arithmetic))
            } catch {
                observation = .failure(error)
            }
            output.items.append(Item(location: location, observation: observation, refusal: refusal))
            return true
        }
        return output
    }

    private func observe(
        _ token: AttestationToken, _ text: ArraySlice<UInt8>, _ expected: DeviceUUID?,
        _ arithmetic: P256Arithmetic
    ) throws(RowError) -> Observation {
        if let expected, expected != token.deviceUUID {
            throw RowError(.uuidMismatch, "expected device \(expected), the token is of \(token.deviceUUID)")
        }
        if let message = token.keyMessage, message.digest != token.actualDigest {
            throw RowError(.digest, "the attested digest is not that of the first part")
        }
        let candidates: [SigningProfile: [P256PublicKey]]
        do {
            candidates = try KeyRecovery.candidates(token, arithmetic)
        } catch {
            throw RowError(error.code, error.message)
        }
        return Observation(
            uuid: token.deviceUUID, tokenDigest: Digest.sha256(text), bound: candidates[.bound] ?? [],
            plain: candidates[.plain] ?? [])
    }
}
