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
