import ArgumentParser

/// `--replace-observed`, of commands that register keys.
struct ReplacementOptions: ParsableArguments {
    @Flag(help: "Put the trusted key in the place of another one that was only observed, as of device learn.")
    var replaceObserved = false

    func validate(with trust: TrustChoice) throws {
        if replaceObserved, trust == .observed {
            throw ValidationError(
                "--replace-observed needs a trusted key: an observed one takes nobody's place; leave --trust out"
            )
        }
    }
}
