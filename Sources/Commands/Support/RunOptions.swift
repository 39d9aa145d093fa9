import ArgumentParser
import Batches
import Diagnostics
import InputOutput
import Intake

/// Options of every verb that gives a result for each of many inputs, and the run that they describe.
struct RunOptions: ParsableArguments {
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    /// Takes a stream through judges to results, makes their file appear, and says how it went.
    ///
    /// - Parameters:
    ///   - form: where `--json` does not say it.
    ///   - good: what a result is called that is good: `verified`.
    ///   - remark: a closing note about the results' ``Report/remarks``.
    ///   - isEmpty: whether there is nothing in the result file, which then does not appear.
    func run<Source: ChunkSource, Verdicts: Judge>(
        _ noun: Noun, good: String, _ source: Source, in environment: Environment,
        mode: NewFile.Mode = .shared, form: ResultForm? = nil,
        settlement: Settlement<Verdicts.Answer>? = nil, remark: (@Sendable (Int) -> String)? = nil,
        isEmpty: (Tally) -> Bool = \.hasReadNothing,
        makeJudge: @escaping @Sendable () throws(ToolError) -> Verdicts
    ) throws(ToolError) -> ExitStatus where Source.Chunk == Verdicts.Chunk {
        let sink = try file.sink(mode: mode)
        return try run(
            noun, good: good, source, to: sink, in: environment, form: form, settlement: settlement,
            remark: remark, isEmpty: isEmpty, makeJudge: makeJudge)
    }

    /// The same into a sink that the verb opened.
    func run<Source: ChunkSource, Verdicts: Judge>(
        _ noun: Noun, good: String, _ source: Source, to sink: any ByteSink, in environment: Environment,
        form: ResultForm? = nil, settlement: Settlement<Verdicts.Answer>? = nil,
        remark: (@Sendable (Int) -> String)? = nil, isEmpty: (Tally) -> Bool = \.hasReadNothing,
        makeJudge: @escaping @Sendable () throws(ToolError) -> Verdicts
    ) throws(ToolError) -> ExitStatus where Source.Chunk == Verdicts.Chunk {
        let console = output.console
        let run = BatchRun(
            noun, form: form ?? (output.json ? .json : .text), jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast, remark: remark)
        let tally = try run.run(
            source, to: sink, telling: console, settlement: settlement, makeJudge: makeJudge)
        try file.conclude(sink, isEmpty: isEmpty(tally), console)
        console.conclude(
            tally.summary(unit: noun.name, good: good) + source.passedOver.note, tally.reasons)
        return tally.exitStatus
    }
}
