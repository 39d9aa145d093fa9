import ArgumentParser

/// As of when something is judged or signed.
struct MomentOption: ParsableArguments {
    @Option(
        help: .init("As of this time, RFC 3339 or seconds since 1970, instead of now.", valueName: "time"))
    var at: String?

    func validate() throws {
        if let at, Timestamp.parse(at) == nil {
            throw ValidationError(
                "--at must be RFC 3339 (2026-02-03T04:05:06Z) or seconds since 1970, found \(at)")
        }
    }

    /// Seconds since 1970.
    ///
    /// - Parameter now: what counts where no time was given.
    func seconds(orNow now: Int64) -> Int64 { at.flatMap(Timestamp.parse) ?? now }
}
