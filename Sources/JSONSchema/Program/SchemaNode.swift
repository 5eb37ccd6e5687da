/// A schema of the document, compiled: what it says itself, and the numbers of the schemas that it holds.
struct SchemaNode: Sendable {
    /// Where it stands, as a JSON pointer.
    var pointer: String
    /// The kinds that `type` and literals leave.
    var kinds = KindSet.all
    var literals: Literals?
    var number: NumberRule?
    var text: TextRule?
    var list: ListRule?
    var members: MemberRule?

    // Those that hold for the same value.
    /// `allOf`, and the target of `$ref`.
    var conjunction: [Int] = []
    /// `anyOf`, and an `enum` with arrays or objects in it.
    var alternatives: [Alternatives] = []
    var exactlyOne: [Int] = []
    var negated: Int?
    var condition: Condition?
    /// What holds where an object has a member of a name.
    var dependents: [Dependent] = []

    /// At least one of these.
    struct Alternatives: Sendable {
        let schemas: [Int]
        /// Whether they are the values of an `enum` or `const`, and their text.
        let literalText: String?
    }

    /// `if`, `then` and `else`.
    struct Condition: Sendable {
        let test: Int
        let then: Int?
        let otherwise: Int?
    }

    struct Dependent: Sendable {
        /// Which of the names.
        let slot: Int
        let schema: Int
    }

    /// All schemas that hold for the same value, with the dependent ones.
    var inPlace: [Int] {
        var all = conjunction
        for group in alternatives { all += group.schemas }
        all += exactlyOne
        if let negated { all.append(negated) }
        if let condition { all += [condition.test, condition.then, condition.otherwise].compactMap { $0 } }
        return all + dependents.map(\.schema)
    }

    /// The kinds about which there is more to say than whether they are allowed.
    var ruledKinds: KindSet {
        var kinds: KindSet = []
        if number != nil || literals?.numbers.isEmpty == false { kinds.insert(.number) }
        if text != nil || literals?.strings.isEmpty == false { kinds.insert(.string) }
        if list != nil { kinds.insert(.array) }
        if members != nil { kinds.insert(.object) }
        return kinds.intersection(self.kinds)
    }
}

/// The plain values of an `enum` or `const`; null, true and false are in the node's kinds.
struct Literals: Sendable {
    var strings = ByteStrings()
    var numbers: [ExactNumber] = []
    /// All values of the keyword, for messages.
    var text: String
}

/// What a schema says about strings.
struct TextRule: Sendable {
    /// In Unicode code points.
    var minimum = 0
    var maximum = Int.max
    var pattern: Pattern?
}

/// A regular expression with its text.
struct Pattern: Sendable {
    let regex: ECMARegex
    let text: String
}

/// What a schema says about arrays.
struct ListRule: Sendable {
    /// Schemas of the first elements.
    var prefix: [Int] = []
    /// The schema of all further elements.
    var rest: Int?
    var minimum = 0
    var maximum = Int.max
    var isUnique = false
    var contained: Int?
    var minimumContained = 1
    var maximumContained = Int.max

    func schema(at position: Int) -> Int? { position < prefix.count ? prefix[position] : rest }
}

/// What a schema says about objects.
struct MemberRule: Sendable {
    /// The names that it knows; the arrays below go by their position, the slot.
    var names = ByteStrings()
    var schemas: [Int?] = []
    var isRequired: [Bool] = []
    var requiredCount = 0
    /// The slots that must be there too.
    var needs: [[Int]] = []
    var hasNeeds = false

    /// Whether nothing that still comes can break it once the required members are there.
    var isOnlyRequired: Bool {
        !hasNeeds && patterns.isEmpty && additional == nil && name == nil && minimum <= requiredCount
            && maximum == .max && schemas.allSatisfy { $0 == nil }
    }
    var patterns: [(pattern: Pattern, schema: Int)] = []
    /// The schema of members that neither a name nor a pattern covers.
    var additional: Int?
    /// The schema of names.
    var name: Int?
    var minimum = 0
    var maximum = Int.max
}
