import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Intake

extension CAFolder {
    /// A document of profiles is some kilobytes.
    private static let profilesLimit = 1 << 20

    /// The CA's profiles: those of `profiles.json`, or what a folder without one has.
    ///
    /// - Throws: ``ToolError`` with code `profile` for a document with anything wrong in it, `io` when it cannot be
    ///   read.
    func profiles() throws(ToolError) -> ProfileSet {
        try hasProfiles() ? readProfiles() : .withoutFile
    }

    private func readProfiles() throws(ToolError) -> ProfileSet {
        let bytes = try SourceReader.contents(
            of: profilesFile, for: Expectation(.profile, "profiles in JSON"), limit: Self.profilesLimit)
        let place = profilesFile.escapedForTerminal
        do throws(ToolError) {
            return try ProfileSet(parsing: bytes, origin: place)
        } catch {
            let line = error.context.first { $0.name == "line" }.map { ":" + $0.value } ?? ""
            throw ToolError(
                error.code, error.message.escapedForTerminal, context: [.init("file", place + line)],
                hint: "nothing was signed; assay explain profile tells more, man assay-formats the members")
        }
    }

    /// Whether there is a `profiles.json`, readable or not: one that leads nowhere must not make way for the built-in
    /// profile, which may allow more.
    private func hasProfiles() throws(ToolError) -> Bool {
        if FileSystem.kind(of: profilesFile) != nil { return true }
        guard FileSystem.kind(of: path) == .folder else { return false }
        return try FileSystem.names(in: path).contains("profiles.json")
    }

    /// Writes the standard profiles into a new CA's folder; what somebody put there before is read and kept.
    ///
    /// - Returns: whether the file was written.
    func prepareProfiles(_ profiles: ProfileSet = .standard) throws(ToolError) -> Bool {
        if try hasProfiles() {
            _ = try readProfiles()
            return false
        }
        try NewFile.write(profiles.document, to: profilesFile, replaces: false)
        return true
    }
}

/// `--days`: a number of days, or `never`.
struct LifetimeArgument: ExpressibleByArgument, Equatable {
    let lifetime: Lifetime

    init?(argument: String) {
        if argument == "never" {
            lifetime = .never
        } else {
            guard let days = Int(argument) else { return nil }
            lifetime = .days(days)
        }
    }

    /// - Throws: `ValidationError` for numbers of days that no certificate has.
    func validate() throws {
        if case .days(let days) = lifetime, !(1...Lifetime.maximumDays ~= days) {
            throw ValidationError("--days must be 1…\(Lifetime.maximumDays) or never, found \(days)")
        }
    }
}
