import Foundation

// The commands that look at outputs and files.
extension ScriptRun {
    func path(_ name: String) -> URL {
        name.hasPrefix("/") ? URL(fileURLWithPath: name) : folder.appendingPathComponent(name)
    }

    /// A file's bytes; `stdout` and `stderr` are the last program's.
    func data(of name: String) throws -> Data {
        switch name {
        case "stdout": return try ran().standardOutput
        case "stderr": return try ran().standardError
        default: return try Data(contentsOf: path(name))
        }
    }

    func text(of name: String) throws -> String {
        String(decoding: try data(of: name), as: UTF8.self)
    }

    func match(in name: String, _ arguments: [String], _ demand: ScriptLine.Demand) throws {
        var arguments = arguments
        var count: Int?
        if let option = arguments.first, option.hasPrefix("-count=") {
            guard let number = Int(option.dropFirst("-count=".count)) else {
                throw ScriptLine.Fault(message: "-count= takes a number")
            }
            count = number
            arguments.removeFirst()
        }
        let pattern = try single(arguments)
        let matches = try text(of: name).matches(of: Regex(pattern).anchorsMatchLineEndings()).count
        switch demand {
        case .success where count != nil && matches != count:
            throw ScriptLine.Fault(message: "expected \(count ?? 0) matches in \(name), found \(matches)")
        case .success where count == nil && matches == 0:
            throw ScriptLine.Fault(message: "no match in \(name)")
        case .failure where matches != 0: throw ScriptLine.Fault(message: "unexpected match in \(name)")
        case .either: throw ScriptLine.Fault(message: "? is for exec only")
        default: break
        }
    }

    func grep(_ arguments: [String], _ demand: ScriptLine.Demand) throws {
        guard let file = arguments.last, arguments.count > 1 else {
            throw ScriptLine.Fault(message: "grep takes a pattern and a file")
        }
        try match(in: file, arguments.dropLast(), demand)
    }

    /// `cmp FOUND EXPECTED`; when recording, a differing file of the script takes over what was found.
    mutating func compare(_ arguments: [String], _ line: ScriptLine, expanding: Bool) throws {
        guard arguments.count == 2 else { throw ScriptLine.Fault(message: "cmp takes two files") }
        let found = try data(of: arguments[0])
        var expected = try data(of: arguments[1])
        if expanding {
            expected = Data(try ScriptLine.expand(String(decoding: expected, as: UTF8.self), variables).utf8)
        }
        if found == expected { return }
        let member = archive.files.firstIndex { $0.name == arguments[1] }
        if runner.records, !expanding, let member {
            archive.files[member].text = String(decoding: found, as: UTF8.self)
        }
        throw ScriptLine.Fault(
            message: "\(arguments[0]) and \(arguments[1]) differ\n"
                + TextDifference.describe(
                    expected: String(decoding: expected, as: UTF8.self),
                    found: String(decoding: found, as: UTF8.self)))
    }

    func json(_ arguments: [String], _ demand: ScriptLine.Demand) throws {
        guard (2...3).contains(arguments.count) else {
            throw ScriptLine.Fault(message: "json takes a file, a path and perhaps a value")
        }
        let found = try ScriptJSON.find(arguments[1], in: try text(of: arguments[0]))
        let expected = arguments.count == 3 ? ScriptJSON(word: arguments[2]) : nil
        switch (demand, found, expected) {
        case (.success, nil, _): throw ScriptLine.Fault(message: "nothing at \(arguments[1])")
        case (.success, let found?, let expected?) where found != expected:
            throw ScriptLine.Fault(message: "expected \(expected) at \(arguments[1]), found \(found)")
        case (.failure, let found?, nil):
            throw ScriptLine.Fault(message: "expected nothing at \(arguments[1]), found \(found)")
        case (.failure, let found, let expected?) where found == expected:
            throw ScriptLine.Fault(message: "unexpected value at \(arguments[1])")
        case (.either, _, _): throw ScriptLine.Fault(message: "? is for exec only")
        default: break
        }
    }

    func countLines(_ arguments: [String]) throws {
        guard arguments.count == 2, let expected = Int(arguments[1]) else {
            throw ScriptLine.Fault(message: "lines takes a file and a number")
        }
        let found = try data(of: arguments[0]).count { $0 == UInt8(ascii: "\n") }
        guard found == expected else {
            throw ScriptLine.Fault(message: "expected \(expected) lines in \(arguments[0]), found \(found)")
        }
    }

    func exists(_ arguments: [String], _ demand: ScriptLine.Demand) throws {
        guard !arguments.isEmpty else { throw ScriptLine.Fault(message: "exists takes files") }
        for name in arguments {
            let found = FileManager.default.fileExists(atPath: path(name).path)
            if found != (demand == .success) {
                throw ScriptLine.Fault(message: "\(name) \(found ? "exists" : "does not exist")")
            }
        }
    }

    func checkMode(_ arguments: [String]) throws {
        guard arguments.count == 2, let expected = Int(arguments[0], radix: 8) else {
            throw ScriptLine.Fault(message: "mode takes an octal number and a file")
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path(arguments[1]).path)
        let found = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
        guard found == expected else {
            throw ScriptLine.Fault(
                message: "expected mode \(String(expected, radix: 8)), found \(String(found, radix: 8))")
        }
    }

    mutating func setVariables(_ arguments: [String]) throws {
        for word in arguments {
            guard let equals = word.firstIndex(of: "=") else {
                throw ScriptLine.Fault(message: "env takes NAME=VALUE")
            }
            variables[String(word[..<equals])] = String(word[word.index(after: equals)...])
        }
    }

    mutating func changeFiles(_ command: String, _ arguments: [String]) throws {
        let files = FileManager.default
        switch (command, arguments.count) {
        case ("cp", 2): try data(of: arguments[0]).write(to: path(arguments[1]))
        case ("mkdir", 1...):
            for name in arguments {
                try files.createDirectory(at: path(name), withIntermediateDirectories: true)
            }
        case ("rm", 1...):
            for name in arguments { try files.removeItem(at: path(name)) }
        case ("cd", 1): folder = path(arguments[0])
        case ("chmod", 2):
            guard let mode = Int(arguments[0], radix: 8) else { fallthrough }
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path(arguments[1]).path)
        default: throw ScriptLine.Fault(message: "wrong arguments for \(command)")
        }
    }
}
