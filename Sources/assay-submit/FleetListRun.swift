import Commands
import Diagnostics
import InputOutput
import ProvisioningAPI
import Submission

/// `assay fleet list`
enum FleetListRun {
    static func run(_ verb: FleetList) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let query = verb.tag.map { "tag=" + PercentEncoding.encode($0) } ?? ""
        var count = 0
        let sink = StandardStream.output()
        try PagedList(session.conversation()).read(.listDevices, query: query, doing: "look at devices") {
            item throws(ToolError) in
            let device = FleetDevice(item)
            if let wanted = verb.status, wanted.uppercased() != device.status { return true }
            count += 1
            try sink.write(device.bytes(json: verb.output.json))
            return true
        }
        if let error = session.control.error { throw error }
        verb.output.console.note("assay: \(count) \(count == 1 ? "device" : "devices")")
        return .done
    }
}
