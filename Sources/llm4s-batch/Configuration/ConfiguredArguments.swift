import Foundation
import LLMStreaming

/// The command line completed with the options of the configuration file, so that an option is defined and checked in
/// one place, whatever way it comes.
enum ConfiguredArguments {
    private static let commands: Set<String> = ["run", "resume", "retry"]

    /// The arguments with `--name value` added for each configured option that the user did not give.
    static func complete(_ arguments: [String]) throws(ConfigurationError) -> [String] {
        guard let command = arguments.first, commands.contains(command), !arguments.contains("--help") else {
            return arguments
        }
        let file = try ConfigFile.load(
            path: value(of: "--config", in: arguments), environment: ProcessInfo.processInfo.environment)
        var result = arguments
        // What follows a bare `--` are file names.
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var added: [String] = []
        for option in file.options where !isGiven(option.name, in: arguments[..<end]) {
            guard option.name != "config" else {
                throw ConfigurationError("\(file.path ?? ""): options.config cannot be set in the file itself")
            }
            switch option.value {
            case .bool(true): added.append("--\(option.name)")
            case .bool(false), .null: break
            case .string(let text), .number(let text): added.append("--\(option.name)=\(text)")
            case .array, .object:
                throw ConfigurationError("\(file.path ?? ""): options.\(option.name) must be a single value")
            }
        }
        result.insert(contentsOf: added, at: end)
        return result
    }

    private static func isGiven(_ name: String, in arguments: ArraySlice<String>) -> Bool {
        arguments.contains { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }
    }

    private static func value(of flag: String, in arguments: [String]) -> String? {
        for (position, argument) in arguments.enumerated() {
            if argument == flag { return arguments.dropFirst(position + 1).first }
            if argument.hasPrefix(flag + "=") { return String(argument.dropFirst(flag.count + 1)) }
        }
        return nil
    }
}
