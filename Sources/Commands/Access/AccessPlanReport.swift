import Access
import DeviceIdentity
import JSON

/// What `access plan` prints, `assay.access-plan/1`.
struct AccessPlanReport {
    private let plan: AccessPlan
    private let tag: SecTag
    private let steps: [(step: AccessStep, instructions: StepInstructions)]

    init(_ plan: AccessPlan, _ tag: SecTag, device: DeviceUUID?) {
        self.plan = plan
        self.tag = tag
        steps = plan.steps.map { step in
            (step, step.instructions(plan.use, tag, device: device?.description ?? "UUID"))
        }
    }

    /// The command lines of all steps.
    var commands: [String] { steps.flatMap(\.instructions.commands) }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.access-plan/1")
        writer.key("target")
        writer.string(plan.target.rawValue)
        writer.key("use")
        writer.string(plan.use.rawValue)
        writer.key("protocol")
        writer.string(plan.connection.protocolName)
        writer.key("port")
        writer.integer(Int64(plan.connection.port))
        writer.key("authentication")
        writer.string(plan.connection.authentication)
        writer.key("credentials")
        writer.beginArray()
        for credential in plan.credentials { write(credential, &writer) }
        writer.endArray()
        writer.key("steps")
        writer.beginArray()
        for step in steps { Self.write(step.step, step.instructions, &writer) }
        writer.endArray()
        writer.key("notes")
        writer.beginArray()
        for note in plan.notes { writer.string(note) }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func write(_ credential: AccessCredential, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("credential")
        writer.string(credential.rawValue)
        writer.key("place")
        switch credential.place {
        case .modem(let kind):
            writer.string(ascii: "modem")
            writer.key("secTag")
            writer.integer(Int64(tag.rawValue))
            writer.key("type")
            writer.integer(Int64(kind.rawValue))
        case .files(let path):
            writer.string(ascii: "file")
            writer.key("file")
            writer.string(path)
        case .account: writer.string(ascii: "account")
        case .session: writer.string(ascii: "session")
        }
        writer.key("purpose")
        writer.string(credential.purpose)
        writer.key("secret")
        writer.bool(credential.isSecret)
        writer.endObject()
    }

    private static func write(
        _ step: AccessStep, _ instructions: StepInstructions, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("title")
        writer.string(instructions.title)
        writer.key("makes")
        writer.beginArray()
        for credential in step.makes { writer.string(credential.rawValue) }
        writer.endArray()
        if let byHand = instructions.byHand {
            writer.key("byHand")
            writer.string(byHand)
        }
        if let modem = instructions.modem {
            writer.key("modem")
            writer.string(modem)
        }
        writer.key("commands")
        writer.beginArray()
        for command in instructions.commands { writer.string(command) }
        writer.endArray()
        writer.endObject()
    }

    var text: [UInt8] {
        var block = TextBlock()
        block.line("target", plan.target.rawValue)
        block.line("use", plan.use.rawValue)
        block.line("connection", "\(plan.connection.protocolName), port \(plan.connection.port)")
        block.line("authentication", plan.connection.authentication)
        for credential in plan.credentials {
            block.line(credential.rawValue, "\(place(of: credential)); \(credential.purpose)")
        }
        var text = block.text
        for (number, (_, instructions)) in steps.enumerated() {
            text += "\nstep \(number + 1): \(instructions.title)\n"
            if let byHand = instructions.byHand { text += "  by hand: \(byHand)\n" }
            if let modem = instructions.modem { text += "  at the modem: \(modem)\n" }
            for command in instructions.commands { text += "  \(command)\n" }
        }
        if !plan.notes.isEmpty { text += "\n" }
        for note in plan.notes { text += "note: \(note)\n" }
        return Array(text.utf8)
    }

    private func place(of credential: AccessCredential) -> String {
        switch credential.place {
        case .modem(let kind): "modem, security tag \(tag), type \(kind.rawValue)"
        case .files(let path): "file \(path)"
        case .account: "account"
        case .session: "made for each session"
        }
    }
}
