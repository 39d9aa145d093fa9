package import Diagnostics
package import JSON
package import ProvisioningCommands

/// `POST /claimed-devices` with JSON.
package struct ClaimBody: Sendable, Equatable {
    package let claimToken: String
    package let tags: [String]

    package init(claimToken: String, tags: [String]) {
        self.claimToken = claimToken
        self.tags = tags
    }

    package init(json: JSONValue) throws(ToolError) {
        let node = JSONNode(json)
        try node.allowOnly([MemberName.claimToken, MemberName.tags])
        claimToken = try node.member(MemberName.claimToken).string()
        tags =
            try node.optionalMember(MemberName.tags).map { node throws(ToolError) in
                try TagRule.tags(node)
            } ?? []
    }

    package var json: JSONValue {
        var object: JSONObject = [MemberName.claimToken: .string(claimToken)]
        if !tags.isEmpty { object[MemberName.tags] = .array(tags.map { .string($0) }) }
        return .object(object)
    }
}

/// `POST /claimed-devices/{device}/provisioning`, and `PUT` of one command: the vendor's body, and beside it the time-out,
/// which the vendor's service does not have.
package struct CommandBody: Sendable, Equatable {
    /// Seconds of a time-out: a month at most.
    package static let timeouts: ClosedRange<Int64> = 1...2_678_400

    package let command: ProvisioningCommand
    /// Seconds; nil for what is usual at the service.
    package let timeout: Int64?

    package init(json: JSONValue) throws(ToolError) {
        if json.objectValue != nil { _ = try TextRule.description(of: JSONNode(json)) }
        guard var object = json.objectValue, object[MemberName.timeoutSeconds] != nil else {
            command = try ProvisioningCommand(json: json)
            timeout = nil
            return
        }
        timeout = try JSONNode(json).member(MemberName.timeoutSeconds).integer(in: Self.timeouts)
        object[MemberName.timeoutSeconds] = nil
        command = try ProvisioningCommand(json: .object(object))
    }
}

/// How long texts may be that are for people alone. The vendor does not say; what is kept is shown again in every list.
package enum TextRule {
    /// Octets of a description.
    package static let longestDescription = 4096
    /// Octets of the name of a rule.
    package static let longestName = 256

    /// The member `description`, which may be missing.
    static func description(of node: JSONNode) throws(ToolError) -> String? {
        try text(MemberName.description, of: node, longestDescription)
    }

    static func text(_ name: String, of node: JSONNode, _ limit: Int) throws(ToolError) -> String? {
        guard let member = try node.optionalMember(name) else { return nil }
        let text = try member.string()
        guard text.utf8.count <= limit else {
            throw member.error("expected at most \(limit) octets, found \(text.utf8.count)")
        }
        return text
    }
}

/// `PUT /claimed-devices/{device}/tags`: an array of tags, or an object with them.
package enum TagsBody {
    package static func read(_ json: JSONValue) throws(ToolError) -> [String] {
        let node = JSONNode(json)
        guard json.objectValue != nil else { return try TagRule.tags(node) }
        try node.allowOnly([MemberName.tags])
        return try TagRule.tags(node.member(MemberName.tags))
    }
}

/// `POST /provisioning/tags`.
package struct TagBody: Sendable, Equatable {
    package let tag: String
    package let description: String?

    package init(json: JSONValue) throws(ToolError) {
        let node = JSONNode(json)
        try node.allowOnly([MemberName.tag, MemberName.description])
        let member = try node.member(MemberName.tag)
        tag = try member.string()
        try TagRule.check(tag, member)
        description = try TextRule.description(of: node)
    }
}

/// What a provisioning tag may be.
///
/// The vendor does not say. Refused is what could not be sent in the one field of a bulk claim, or could not
/// have been meant.
package enum TagRule {
    package static let longest = 256
    package static let most = 100

    /// The tags of an array, each once.
    static func tags(_ node: JSONNode) throws(ToolError) -> [String] {
        let elements = try node.elements()
        guard elements.count <= most else {
            throw node.error("expected at most \(most) tags, found \(elements.count)")
        }
        var tags: [String] = []
        for element in elements {
            let tag = try element.string()
            try check(tag, element)
            if !tags.contains(where: { $0.utf8.elementsEqual(tag.utf8) }) { tags.append(tag) }
        }
        return tags
    }

    static func check(_ tag: String, _ node: JSONNode) throws(ToolError) {
        if let reason = reason(against: tag) { throw node.error(reason) }
    }

    /// Why this is no tag; nil if it is.
    package static func reason(against tag: String) -> String? {
        guard let first = tag.unicodeScalars.first, let last = tag.unicodeScalars.last else {
            return "expected a tag, found an empty text"
        }
        guard tag.utf8.count <= longest else {
            return "expected a tag of at most \(longest) octets, found \(tag.utf8.count)"
        }
        for scalar in tag.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                return "expected a tag of printable characters, found another one"
            default: break
            }
            if scalar == "," { return "expected one tag, found a comma, which stands between tags" }
            if scalar == "\"" { return "expected a tag without quotation marks, found one" }
        }
        if first.properties.isWhitespace || last.properties.isWhitespace {
            return "expected no white space around a tag, found some"
        }
        return nil
    }
}
