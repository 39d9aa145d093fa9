import ArgumentParser
import Batches
import CertificateAuthority
import Diagnostics
import InputOutput
import Intake
import Issuance
import Ledger
import OpenSSL
import PKIX
import Store

/// `assay ca issue`
struct CAIssue: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue certificates for requests.",
        discussion: """
            For every request: possession of the key is verified, key and name are checked against the profile, \
            and a certificate is signed. The request contributes its key and its name; every extension is the \
            profile's.

            Profiles come from profiles.json in the CA's folder, which assay ca init writes with device, \
            device-minimal, operator and intermediate (the last one for assay ca init --issuer); man assay-formats \
            describes the file. A folder without it has the profile device. Options choose within what a profile \
            allows; what it demands, such as attestation, no option takes away.

            The CA's ledger, which ca.json in its folder names, sees to it that a request gets one certificate \
            under a CA and profile, however often it comes and from wherever: the same one again (existing) unless \
            --reissue is said. The store (--store) names the devices whose keys tokens are verified with, and \
            whose IMEI is whose.

            Under a CA a name belongs to one device. Where a device vouched for the key, the name has to be its \
            own: a UUID in it the token's, an IMEI in it the one that the store has for the device, also with \
            --keys. Without a device's word no request gets the UUID or IMEI of a device in the store, nor the \
            name of one that vouched for it; what a token says that nobody verified is called claimedDeviceUuid \
            and names nothing.

            Certificates come as PEM in the order of the requests, as JSON Lines with --json, or as files; \
            --out-dir, --pem and --onboarding-csv may be combined with each other and with --json. Files appear \
            whole, at the end; an interrupted run leaves those of --out-dir alone and is simply run again.

            With --dry-run nothing is signed and nothing is kept, not even in the ledger, which is only read: the \
            CA's passphrase is not asked for, and the CA's key is opened only if one of the passphrase options is \
            given. Each request gets the verdict that the run would give it now, with the same exit status; names \
            and keys that an earlier request of the same input would take count as taken. The results are lines of \
            text, or with --json the objects of a run with the status wouldIssue instead of issued, and wouldExist \
            for a request that came before in the same input; they have no certificate yet.

            Exit status 0: all issued. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay ca issue --ca ca device.csr -o device.crt
              assay ca issue --ca ca --out-dir certificates requests/
              assay ca issue --ca ca --json --keys keys.csv keygen.log
            """)

    @OptionGroup var input: RequestInputOptions

    @Option(help: .init("The folder of the CA.", valueName: "dir"))
    var ca: String

    @Option(
        help: .init("What the certificates are: a profile of the CA's profiles.json.", valueName: "name"),
        completion: .list(ProfileSet.standard.all.map(\.name)))
    var profile: String = "device"

    @Option(
        help: .init(
            "Days of validity, or never, within the profile's bounds; what it says by default.",
            valueName: "n"))
    var days: LifetimeArgument?

    @Option(
        help: .init(
            "csr: the request's own subject; uuid: CN=<device UUID>; imei: CN=nrf-<IMEI>; template: the "
                + "profile's own. By default the first that the profile allows.", valueName: "rule")
    )
    var subjectFrom: SubjectChoice?

    @Flag(help: "Certify only keys for which a device vouches whose identity key is known and trusted.")
    var requireAttestation = false

    @OptionGroup(title: "Key options") var keys: KeyOptions

    @Flag(help: "Issue anew for requests that have their certificate, and link the new one to the old.")
    var reissue = false

    @Option(
        help: .init(
            "Write each certificate to a file <device UUID or serial>.crt in this folder; the UUID of a token that "
                + "nobody verified names no file.", valueName: "dir"))
    var outDir: String?

    @Option(
        help: .init(
            "Write all certificates to this file, one PEM block after the other, as well.", valueName: "file")
    )
    var pem: String?

    @Option(
        help: .init(
            "Write the service's onboarding CSV as well: at most 1,000 rows in this file, more in x-0002.csv and so on.",
            valueName: "file"))
    var onboardingCsv: String?

    @Flag(help: "Append the CA's certificates to each certificate.")
    var chain = false

    @Flag(help: "Say what would be issued, existing or rejected, and sign nothing.")
    var dryRun = false

    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions
    @OptionGroup(title: "Output options") var batch: BatchOptions

    func validate() throws {
        try keys.demandOneReader(inputs: input.usesStandardInput)
        try days?.validate()
        try FileOptions.demandFiles(["--pem": pem, "--onboarding-csv": onboardingCsv], beside: file.output)
        try validateDryRun()
        if passphrase.source.usesStandardInput, input.usesStandardInput {
            throw ValidationError("expected the passphrase or the requests from standard input, found both")
        }
    }

    /// What only certificates can be put into has no use where there are none.
    private func validateDryRun() throws {
        guard dryRun else { return }
        let options: KeyValuePairs = [
            "--out-dir": outDir != nil, "--pem": pem != nil, "--onboarding-csv": onboardingCsv != nil,
            "--chain": chain,
        ]
        for (name, isGiven) in options where isGiven {
            throw ValidationError(
                "unexpected \(name) with --dry-run: a dry run makes no certificates to write; leave it out")
        }
        if let path = file.output, path != "-", !output.json {
            throw ValidationError(
                "expected --json with --dry-run and --output: a dry run makes no certificates for a PEM file, and its "
                    + "results go to a file as JSON Lines")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let authority = CAFolder(path: ca)
        let place = try authority.ledger()
        let profile = try chosenProfile(of: authority)
        let source = try keys.source()
        // An option can ask for more than the profile does; the vetter sees to it that none asks for less.
        let isDemanded = profile.attestation.minimumTrust != nil
        if requireAttestation || isDemanded, source == nil {
            let reason =
                requireAttestation
                ? "--require-attestation" : "profile \(profile.name), which demands attestation"
            throw ToolError(
                .usage, "expected --key, --keys or a store with \(reason), found none",
                hint: "assay device import fills a store")
        }
        let issuer =
            dryRun
            ? try authority.loadWithoutKey(passphrase.source, at: environment.now)
            : try authority.load(passphrase.source, at: environment.now)
        let plan = try IssuancePlan(issuer: issuer, profile: profile, at: environment.now)
        guard onboardingCsv == nil || issuer.algorithm == .ecdsa(.sha256) else {
            throw ToolError(
                .algorithm,
                "--onboarding-csv: the service takes certificates signed with ecdsa-with-SHA256, which the key of this "
                    + "CA does not make", hint: "issue from a CA with a P-256 key")
        }
        let console = output.console
        if plan.isCut {
            console.note(
                "assay: note: certificates end with the CA, at \(Timestamp.text(plan.validity.notAfter)), not after the "
                    + "\(profile.validity.lifetime) of profile \(profile.name)")
        }
        input.keep()
        let files = try files()
        // With files alone there is nothing to print.
        let sink =
            files.areAny && !output.json && file.output == nil ? nil : Rehearsal.of(try file.sink())
        // The places for the results first: what cannot be handed out is not begun.
        let ledger = try open(place)
        try authority.demandStanding(issuer, in: ledger)
        var stream = input.stream
        if console.showsProgress { stream.measure() }
        let results = try IssuanceOutput(
            sink: sink, mayVanish: file.output.map { $0 != "-" } ?? false, files: files,
            chain: chain ? issuer.chain.flatMap { PEMWriter.encode(label: "CERTIFICATE", der: $0) } : [],
            json: output.json, isDryRun: dryRun, failFast: batch.failFast, meter: stream.meter,
            console: console)
        let run = IssuanceRun(
            try settings(plan, source, place), source: stream, ledger: ledger, receiver: results,
            jobs: batch.jobs ?? environment.defaultJobs, now: environment.now, until: .interruption)
        do {
            try run.run()
        } catch {
            // What was issued is in the ledger, whatever went wrong with the rest.
            if results.tally.total > 0 { console.conclude(results.summary, results.tally.reasons) }
            throw error
        }
        try results.tally.demandInputs(.request)
        if !Interruption.requested {
            // An empty file would be in the way of the run with the repaired requests.
            if results.hasCertificates || namedFiles.isEmpty {
                try sink?.commit()
                try files.commit()
            } else {
                let reason = dryRun ? "nothing would be issued" : "nothing was issued"
                console.note("assay: note: \(reason), no result file was made")
            }
        } else if !namedFiles.isEmpty {
            // What was signed is in the ledger: half a file would only be in the way of the next run.
            console.note("assay: note: interrupted, no result file was made; the same command again goes on")
        }
        console.conclude(results.summary + stream.passedOver.note, results.tally.reasons)
        return results.tally.exitStatus
    }

    /// What the run works by.
    private func settings(
        _ plan: IssuancePlan, _ source: KeySource?, _ place: LedgerPlace
    ) throws(ToolError) -> IssuanceSettings {
        let isDemanded = plan.profile.attestation.minimumTrust != nil && keys.trust != nil
        let optional: RequestVetter.AttestationDemand = source == nil ? .none : .whenKeyIsKnown
        let store = keys.store.isAvailable ? try keys.store.path() : nil
        let reader = place.reader()
        return IssuanceSettings(
            plan: plan, demand: requireAttestation || isDemanded ? .always : optional,
            minimumTrust: keys.minimumTrust, reissue: reissue, isDryRun: dryRun, serials: .ofSystem,
            sources: { () throws(ToolError) in try Self.sources(source, store) },
            register: { () throws(ToolError) in try reader() })
    }

    /// What one thread asks of devices: the registry beside the keys on the same connection where the keys are the
    /// registry's.
    private static func sources(_ source: KeySource?, _ store: String?) throws(ToolError) -> DeviceSources {
        let keys = try source?.lookup()
        if case .registry(let registry)? = keys {
            let devices = RegistryDevices(registry)
            return DeviceSources(keys: devices, registry: devices)
        }
        guard let store, FileSystem.kind(of: store) != nil else {
            return DeviceSources(keys: keys, registry: nil)
        }
        let registry = RegistryDevices(try SQLiteStore(path: store, access: .readOnly))
        return DeviceSources(keys: keys, registry: registry)
    }

    /// Opens the ledger; for a dry run one that only answers.
    private func open(_ place: LedgerPlace) throws(ToolError) -> any IssuanceLedger {
        if dryRun {
            let ledger = try place.open(.readOnly)
            try clock.checkReading(System.now(), ledger)
            return try LedgerPreview(ledger)
        }
        let ledger = try place.open(.readWrite)
        // Read again: at a prompt for the passphrase time goes by, in which others may issue.
        try clock.check(System.now(), ledger)
        return Rehearsal.of(ledger)
    }

    /// The profile with what the options choose within its bounds.
    private func chosenProfile(of authority: CAFolder) throws(ToolError) -> CertificateProfile {
        var profile = try authority.profiles().named(profile)
        if let subjectFrom { profile = try profile.choosing(subjectFrom.rule) }
        if let days { profile = try profile.lasting(days.lifetime) }
        return profile
    }

    /// The result files that were named on the command line.
    private var namedFiles: [String] { [file.output, pem, onboardingCsv].compactMap { $0 } }

    private func files() throws(ToolError) -> IssuanceFiles {
        var files = IssuanceFiles()
        if let outDir { files.folder = try CertificateFolder(path: outDir, replaces: file.force) }
        if let pem { files.pem = try NewFile(path: pem, replaces: file.force) }
        if let onboardingCsv {
            files.onboarding = try OnboardingFile(path: onboardingCsv, replaces: file.force)
        }
        return files
    }
}

/// The values of `--subject-from`.
enum SubjectChoice: String, ExpressibleByArgument, CaseIterable {
    case csr, uuid, imei, template

    var rule: SubjectRule {
        switch self {
        case .csr: .csr
        case .uuid: .uuid
        case .imei: .imei
        case .template: .template
        }
    }
}
