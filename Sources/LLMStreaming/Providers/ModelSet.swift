/// Models told by their names.
public enum ModelSet: Sendable, Hashable {
    /// Models of Anthropic's Claude up to a version; a name that tells no version is none of them.
    case claude(through: ClaudeVersion)

    /// Whether a model is one of them.
    public func include(_ model: String) -> Bool {
        switch self {
        case .claude(let last): ClaudeVersion(model: model).map { $0 <= last } ?? false
        }
    }
}
