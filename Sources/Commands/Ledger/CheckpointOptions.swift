import ArgumentParser
import Diagnostics
import InputOutput
import Store

/// With which key, and where to, the head of a chain is signed.
struct CheckpointOptions: ParsableArguments {
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    var console: Console { Console(json: false, quiet: quiet) }

    /// Verifies a chain, signs its head and writes the checkpoint.
    ///
    /// - Parameters:
    ///   - noun: what holds the chain, a ledger or a store.
    ///   - path: its file.
    ///   - folder: of the CA that signs.
    func sign(
        _ chain: SQLiteStore, _ noun: String, at path: String, by folder: CAFolder, _ clock: ClockOptions,
        now: Int64
    ) throws(ToolError) {
        let sink = try file.sink()
        let verdict = try chain.verifyLedger()
        try verdict.demandSound(noun: noun, path: path)
        try clock.checkReading(now, chain)
        let issuer = try folder.load(passphrase.source, at: now)
        try sink.write(try CheckpointFile(verdict, by: issuer, at: now).bytes)
        try sink.commit()
        console.note("assay: checkpoint of entry \(verdict.head.sequence)")
    }
}
