package import ArgumentParser
package import Diagnostics

/// Finds an option of one value that is given twice. The parser takes the last and says nothing, and a caller who gave
/// two keys believes that both count.
package enum RepeatedOption {
    /// The long names of short ones.
    private static let otherNames = ["-o": "--output", "-n": "--count"]

    /// - Parameter arguments: what follows the verb.
    /// - Throws: ``ToolError`` with `usage`.
    package static func refuse(in arguments: [String], of verb: any ParsableCommand.Type) throws(ToolError) {
        // Nearly always no name comes twice, and no question is left.
        var names: Set<String> = []
        var comesTwice = false
        for argument in arguments where argument.utf8.first == UInt8(ascii: "-") {
            if !names.insert(longName(of: argument)).inserted { comesTwice = true }
        }
        guard comesTwice else { return }
        var options = DeclaredOptions()
        options.add(verb.init())
        names = []
        var rest = arguments[...]
        while let argument = rest.popFirst(), argument != "--" {
            let name = longName(of: argument)
            guard let takesMany = options.takesMany[name] else { continue }
            // The next argument is its value, whatever it looks like.
            if !argument.utf8.contains(UInt8(ascii: "=")) { _ = rest.popFirst() }
            guard !takesMany, !names.insert(name).inserted else { continue }
            throw ToolError(
                .usage, "expected \(name) once, found it twice",
                hint: "give one value; the others would not count")
        }
    }

    /// `--key` of `--key=value`; the long name of a short one.
    package static func longName(of argument: String) -> String {
        let name = argument.utf8.firstIndex(of: UInt8(ascii: "=")).map { String(argument[..<$0]) } ?? argument
        return otherNames[name] ?? name
    }
}

/// The options with a value that a verb declares, by their long names.
package struct DeclaredOptions {
    /// Whether several values are taken.
    package private(set) var takesMany: [String: Bool] = [:]

    package init() {}

    /// Adds the options of a verb or of a group, which says nothing of them but by its properties.
    package mutating func add(_ declaration: Any) {
        for property in Mirror(reflecting: declaration).children {
            if let group = property.value as? any OptionGroupDeclaration {
                add(group.empty)
            } else if let option = property.value as? any OptionDeclaration, let label = property.label {
                let name = (declaration as? any PrefixedOptions).map { type(of: $0).longName(label) }
                takesMany[name ?? Self.longName(label)] = option.takesMany
            }
        }
    }

    /// Names that are not their property's. A test holds all names against the parser's own list.
    private static let ownNames = [
        "_firmwareTypes": "--fw-types", "_folder": "--output", "_list": "--serials",
    ]

    /// `expiresWithin` as the parser spells it: `--expires-within`.
    private static func longName(_ label: String) -> String {
        if let name = ownNames[label] { return name }
        var name = "--"
        // A property wrapper's storage has an underscore before the property's name.
        for character in label.drop(while: { $0 == "_" }) {
            if character.isUppercase { name += "-" }
            name += character.lowercased()
        }
        return name
    }
}

/// A group whose options begin alike and are named by it, not by its properties.
package protocol PrefixedOptions {
    static var prefix: String { get }
    /// What follows the prefix where that is not the property's name.
    static var ownNames: [String: String] { get }
}

extension PrefixedOptions {
    fileprivate static func longName(_ label: String) -> String {
        let name = String(label.drop { $0 == "_" })
        return "--\(prefix)-\(ownNames[name] ?? name)"
    }
}

private protocol OptionDeclaration {
    var takesMany: Bool { get }
}

private protocol OptionGroupDeclaration {
    var empty: Any { get }
}

private protocol ManyValues {}

extension Array: ManyValues {}

extension Option: OptionDeclaration {
    fileprivate var takesMany: Bool { Value.self is any ManyValues.Type }
}

extension OptionGroup: OptionGroupDeclaration {
    fileprivate var empty: Any { Value() }
}
