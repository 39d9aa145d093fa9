import Batches
import CommandLineSupport
import Diagnostics
import JSON

/// The members that results of all kinds have.
extension JSONWriter {
    /// Begins a result with its kind and where its input stands.
    ///
    /// - Parameter schema: in ASCII: `assay.token/1`.
    mutating func beginResult(_ schema: StaticString, _ location: InputLocation) {
        beginObject()
        member("schema", ascii: schema)
        input(location)
    }

    /// Ends a result with its failures, and the line.
    mutating func endResult(_ failures: [CheckFailure]) {
        key("failures")
        self.failures(failures)
        endObject()
        newline()
    }

    /// The `input` member of a result.
    mutating func input(_ location: InputLocation) {
        key("input")
        beginObject()
        key("source")
        string(location.source)
        key("line")
        integer(Int64(location.line))
        endObject()
    }

    /// The `key` that verified an input, and why it is believed.
    mutating func identityKey(kid: [UInt8], trust: String) {
        key("key")
        beginObject()
        member("kid", hex: kid)
        member("trust", trust)
        endObject()
    }

    /// The value of a result's `failures`.
    mutating func failures(_ failures: [CheckFailure]) {
        beginArray()
        for failure in failures {
            beginObject()
            key("code")
            string(failure.code.rawValue)
            key("message")
            string(failure.commandLine.withheld)
            endObject()
        }
        endArray()
    }
}
