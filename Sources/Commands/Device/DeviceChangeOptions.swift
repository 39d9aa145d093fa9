import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Registry
import Store

/// What a change of one registered device needs beside the device.
struct DeviceChangeOptions: ParsableArguments {
    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    /// Makes the change and prints its result.
    func outcome(
        of device: DeviceUUID, at now: Int64,
        _ change: (SQLiteStore) throws(ToolError) -> RegistrationOutcome
    ) throws(ToolError) -> RegistrationOutcome {
        let registry = try store.open(.readWrite, output.console)
        try clock.check(now, registry)
        let outcome = try change(registry)
        let report = RegistrationReport(location: nil, device: device, outcome: outcome)
        try StandardStream.output().write(report.rendered(json: output.json))
        return outcome
    }
}
