/// The members of a JSON object in the order in which they were written.
public struct JSONObject: Sendable {
    /// One name with its value.
    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: JSONValue

        /// A name with its value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }

        /// Whether the name is this one byte for byte, not merely canonically equivalent.
        public func isNamed(_ name: String) -> Bool {
            self.name.isSame(as: name)
        }

        public static func == (left: Member, right: Member) -> Bool {
            left.isNamed(right.name) && left.value == right.value
        }
    }

    /// All members; the names are distinct.
    public private(set) var members: [Member]

    /// An object without members.
    public init() {
        members = []
    }

    /// An object of these members in this order; of two with one name the later value is kept.
    public init(_ members: [(name: String, value: JSONValue)]) {
        self.init()
        // Without the set, an object of n members would cost n² comparisons.
        var seen: Set<String> = []
        for (name, value) in members {
            if seen.insert(name).inserted {
                self.members.append(Member(name, value))
            } else {
                self[name] = value
            }
        }
    }

    init(distinct members: [Member]) {
        self.members = members
    }

    /// The value of a member, compared byte for byte; setting appends, replaces in place, or removes (nil).
    public subscript(name: String) -> JSONValue? {
        get {
            // By index: a member that is passed over is not copied.
            for index in members.indices where members[index].name.isSame(as: name) {
                return members[index].value
            }
            return nil
        }
        set {
            let index = members.firstIndex { $0.isNamed(name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index] = Member(name, value)
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: Equatable {}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Members in the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension String {
    /// Equality of octets: texts of one length that Swift calls equal, by canonical equivalence, may differ in them.
    fileprivate func isSame(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { theirs in
                var index = 0
                while index < mine.count, mine[index] == theirs[index] { index += 1 }
                return index == mine.count
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
