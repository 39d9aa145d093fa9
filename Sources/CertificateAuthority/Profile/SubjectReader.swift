import Diagnostics
import JSON
import PKIX

/// Reads the member `subject` of a profile.
enum SubjectReader {
    static func read(_ node: JSONNode) throws(ToolError) -> SubjectPolicy {
        try node.allowOnly(["from", "template", "attributes"])
        var rules: [SubjectRule] = []
        for element in try ProfileReader.list(node.member("from"), maximum: SubjectRule.allCases.count) {
            let rule = try ProfileReader.choice(element, SubjectRule.csr)
            guard !rules.contains(rule) else { throw element.error("the rule occurs twice") }
            rules.append(rule)
        }
        let pattern = try node.optionalMember("template")
        if let pattern, !rules.contains(.template) {
            throw pattern.error("expected \"template\" in from, found a template that is not used")
        }
        if pattern == nil, rules.contains(.template) {
            throw node.error("expected a member 'template', found none")
        }
        let attributes = try node.optionalMember("attributes").map { node throws(ToolError) in
            try read(attributes: node)
        }
        let template = try pattern.map { node throws(ToolError) in try read(template: node, attributes) }
        return SubjectPolicy(rules, template: template, attributes: attributes)
    }

    // MARK: Attributes

    private static func read(attributes node: JSONNode) throws(ToolError) -> [AttributeRule] {
        var rules: [AttributeRule] = []
        for element in try ProfileReader.list(node, maximum: 32) {
            try element.allowOnly([
                "type", "required", "maximumCount", "minimumLength", "maximumLength", "characters",
            ])
            let type = try attributeType(element.member("type"))
            guard !rules.contains(where: { $0.type.oid == type.oid }) else {
                throw element.error("the attribute \(type.name) occurs twice")
            }
            let bounds = 1...Int64(type.maximum)
            let least = try element.optionalMember("minimumLength")?.integer(in: bounds) ?? 1
            let longest = try element.optionalMember("maximumLength")
            let most = try longest?.integer(in: bounds) ?? bounds.upperBound
            guard least <= most else {
                throw (longest ?? element).error("expected maximumLength of at least minimumLength")
            }
            rules.append(
                AttributeRule(
                    type, isRequired: try element.optionalMember("required")?.bool() ?? false,
                    maximumCount: Int(try element.optionalMember("maximumCount")?.integer(in: 1...16) ?? 1),
                    length: Int(least)...Int(most),
                    characters: try ProfileReader.choice(element.optionalMember("characters"), .any)))
        }
        return rules
    }

    private static func attributeType(_ node: JSONNode) throws(ToolError) -> AttributeType {
        let name = try node.string()
        // One spelling each, so that a document can be compared by its text.
        guard let type = AttributeType.named(name), type.name == name else {
            let known = AttributeType.all.map(\.name).joined(separator: ", ")
            throw node.error("unknown attribute, expected one of \(known)")
        }
        return type
    }

    // MARK: Template

    private static func read(
        template node: JSONNode, _ rules: [AttributeRule]?
    ) throws(ToolError) -> SubjectTemplate {
        var attributes: [SubjectTemplate.Attribute] = []
        for element in try ProfileReader.list(node, maximum: 16) {
            try element.allowOnly(["type", "value"])
            let member = try element.member("type")
            let type = try attributeType(member)
            if let rules, !rules.contains(where: { $0.type.oid == type.oid }) {
                throw member.error("the attribute \(type.name) is not among subject.attributes")
            }
            attributes.append(.init(type: type, parts: try parts(element.member("value"), type)))
        }
        for rule in rules ?? [] where rule.isRequired {
            guard attributes.contains(where: { $0.type.oid == rule.type.oid }) else {
                throw node.error("expected the attribute \(rule.type.name), which is required, found none")
            }
        }
        return SubjectTemplate(attributes: attributes)
    }

    private static func parts(
        _ node: JSONNode, _ type: AttributeType
    ) throws(ToolError) -> [SubjectTemplate.Part] {
        let value = try node.string()
        guard 1...256 ~= value.utf8.count else { throw node.error("expected 1…256 octets of text") }
        let parts: [SubjectTemplate.Part]
        do {
            parts = try SubjectTemplate.parts(value)
        } catch {
            let fields = SubjectTemplate.fieldNames.map { "{\($0)}" }.joined(separator: ", ")
            throw node.error("expected text and the fields \(fields), found \(error.reason)")
        }
        let requested = parts.filter { if case .requested = $0 { true } else { false } }
        guard requested.count <= 1 else {
            throw node.error("expected at most one field of the request in a value, found \(requested.count)")
        }
        // Fields have shapes of their own; what is fixed can be judged now.
        for case .text(let text) in parts {
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                throw node.error("\(type.name) holds a control character")
            }
        }
        if parts.count == 1, case .text(let text) = parts[0], let reason = type.unfitness(of: text) {
            throw node.error(reason)
        }
        return parts
    }
}
