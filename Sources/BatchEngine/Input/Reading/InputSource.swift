/// Where job lines are read from.
package enum InputSource: Sendable, Hashable {
    /// A file or named pipe, as the user named it.
    case file(String)
    case standardInput

    /// The source that an argument of `run` or `validate` names; `-` is standard input.
    package init(argument: String) { self = argument == "-" ? .standardInput : .file(argument) }

    /// The name that is stored: the argument.
    package var name: String {
        switch self {
        case .file(let path): path
        case .standardInput: "-"
        }
    }

    /// The name in messages.
    package var title: String { self == .standardInput ? "standard input" : name }
}
