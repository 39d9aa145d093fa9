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
        writer.member("schema", ascii: "assay.access-plan/1")
        writer.member("target", plan.target.rawValue)
        writer.member("use", plan.use.rawValue)
        writer.member("protocol", plan.connection.protocolName)
        writer.member("port", Int64(plan.connection.port))
        writer.member("authentication", plan.connection.authentication)
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
        writer.member("credential", credential.rawValue)
        writer.key("place")
        switch credential.place {
        case .modem(let kind):
            writer.string(ascii: "modem")
            writer.member("secTag", Int64(tag.rawValue))
            writer.member("type", Int64(kind.rawValue))
        case .files(let path):
            writer.string(ascii: "file")
            writer.member("file", path)
        case .account: writer.string(ascii: "account")
        case .session: writer.string(ascii: "session")
        }
        writer.member("purpose", credential.purpose)
        writer.member("secret", credential.isSecret)
        writer.endObject()
    }

    private static func write(
        _ step: AccessStep, _ instructions: StepInstructions, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("title", instructions.title)
        writer.key("makes")
        writer.beginArray()
        for credential in step.makes { writer.string(credential.rawValue) }
        writer.endArray()
        writer.member("byHand", ifPresent: instructions.byHand)
        writer.member("modem", ifPresent: instructions.modem)
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
