/// What a provider does differently for one model or in one dialect.
extension Provider {
    /// Whether requests of that dialect can go to it.
    public func speaks(_ dialect: Dialect) -> Bool { dialect == self.dialect || otherDialects.contains(dialect) }

    /// How it goes on from a partial answer of a model.
    public func resume(for model: String) -> ResumeCapability {
        if let modelResume, modelResume.models.include(model) { return modelResume.capability }
        return resume
    }

    /// Why sampling parameters are left out for a model; nil where they are sent
    /// (Provider facts, "Models and presets").
    func samplingRefusal(for model: String) -> String? {
        if samplingRefusal?.include(model) == true { return "the model \(model) refuses it" }
        // Versions are dates.
        let version = headers.last { $0.name.lowercased() == "anthropic-version" }?.value ?? ""
        return version >= "2026-10-21" ? "anthropic-version \(version) refuses it" : nil
    }

    /// The words for service tiers that a request in a dialect may hold; nil where they are not known, and any goes.
    public func serviceTiers(in dialect: Dialect) -> [String]? {
        guard let serviceTiers, dialect == .openAIResponses else { return serviceTiers }
        return serviceTiers.isEmpty ? [] : serviceTiers + responsesServiceTiers
    }

    /// The member's value for a service tier.
    ///
    /// - Throws: kind `invalid_request` where the provider has no field for it, or no such tier.
    func tier(_ value: JSON, in dialect: Dialect) throws(LLMError) -> JSON {
        guard let known = serviceTiers(in: dialect) else { return value }
        guard !known.isEmpty else { throw OpenAIChatRequest.unsupported(.serviceTier, self) }
        guard let word = value.string, known.contains(word) else {
            throw LLMError(
                .invalidRequest,
                "option 'service_tier' is one of \(known.joined(separator: ", ")) at provider '\(name)', not "
                    + "\(value.text.shortened(toBytes: 64))")
        }
        return value
    }
}

/// Models told by their names.
public enum ModelSet: Sendable, Hashable {
    /// Models of Anthropic's Claude up to a version; a name that tells no version is none of them.
    case claude(through: ClaudeVersion)
    /// Models whose names hold one of these, with a point for a hyphen or not.
    case named([String])

    /// Whether a model is one of them.
    public func include(_ model: String) -> Bool {
        switch self {
        case .claude(let last): ClaudeVersion(model: model).map { $0 <= last } ?? false
        case .named(let names):
            names.contains { model.lowercased().replacing(".", with: "-").contains($0) }
        }
    }
}

/// The version in the name of one of Anthropic's models.
public struct ClaudeVersion: Sendable, Hashable, Comparable {
    /// What stands before the point.
    public var major: Int
    /// What stands behind it; 0 where nothing does.
    public var minor: Int

    /// A version.
    public init(_ major: Int, _ minor: Int = 0) {
        self.major = major
        self.minor = minor
    }

    /// The version in a name such as `claude-haiku-4-5-20251001`, `claude-3-7-sonnet-latest` or `claude-2.1`; nil for a
    /// name without one, and for one that is not Claude's.
    public init?(model: String) {
        let words = model.lowercased().split { !$0.isLetter && !$0.isNumber }
        guard let name = words.lastIndex(of: "claude") else { return nil }
        // A date has more digits than a version.
        let isNumber = { (word: Substring) in
            word.utf8.count <= 2 && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        let numbers = words[name...].drop { !isNumber($0) }.prefix(while: isNumber).compactMap { Int($0) }
        guard let major = numbers.first else { return nil }
        self.init(major, numbers.dropFirst().first ?? 0)
    }

    /// Whether it is the older one.
    public static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
