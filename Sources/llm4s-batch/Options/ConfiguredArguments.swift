import ArgumentParser
import BatchEngine
import LLMStreaming
import SystemCalls

/// The command line completed with the options of the configuration file, so that an option is defined and checked in
/// one place, whatever way it comes.
enum ConfiguredArguments {
    private static let commands: [any ParsableCommand.Type] = [
        RunCommand.self, ResumeCommand.self, RetryCommand.self, ValidateCommand.self,
    ]

    /// What belongs on the command line alone.
    private static let unconfigured: Set<String> = ["config", "help", "output", "version", "yes"]

    /// What the environment says instead, where it does: it goes before the file.
    private static let variables = ["model": "LLM_MODEL", "ca-file": "SSL_CERT_FILE"]

    /// The options that the file may hold: those of all of these commands, some of them several times.
    static var options: [OptionDescription] {
        commands.flatMap { OptionDescription.all(of: $0) }.filter { !unconfigured.contains($0.name) }
    }

    /// The arguments with `--name value` added for each configured option that the user did not give.
    ///
    /// An option that only another command has is left to that one.
    static func complete(_ arguments: [String]) throws(ConfigurationError) -> [String] {
        guard let command = commands.first(where: { $0._commandName == arguments.first }),
            !arguments.contains("--help"), !arguments.contains("-h")
        else {
            return arguments
        }
        let environment = ProcessEnvironment.variables
        let file = try ConfigFile.load(path: value(of: "--config", in: arguments), environment: environment)
        guard !file.options.isEmpty else { return arguments }
        let all = Dictionary(options.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let own = Set(OptionDescription.all(of: command).map(\.name))
        var result = arguments
        // What follows a bare `--` are file names.
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var added: [String] = []
        if let option = file.options.first(where: { all[$0.name] == nil }) {
            throw ConfigurationError(
                "\(file.path ?? ""): options.\(option.name): there is no such option"
                    + NearestName.suggestion(for: option.name, among: all.keys.sorted()))
        }
        for option in file.options {
            guard own.contains(option.name), !isGiven(option.name, in: arguments[..<end]) else { continue }
            if let variable = variables[option.name], environment[variable] ?? "" != "" { continue }
            let isRepeating = all[option.name]?.isRepeating ?? false
            if isRepeating, option.value.array?.isEmpty == true {
                throw ConfigurationError("\(file.path ?? ""): options.\(option.name) is an empty list")
            }
            for value in isRepeating ? option.value.array ?? [option.value] : [option.value] {
                switch value {
                case .bool(true): added.append("--\(option.name)")
                case .bool(false), .null: break
                case .string(let text), .number(let text): added.append("--\(option.name)=\(text)")
                case .array, .object:
                    throw ConfigurationError("\(file.path ?? ""): options.\(option.name) must be a single value")
                }
            }
        }
        result.insert(contentsOf: added, at: end)
        return result
    }

    private static func isGiven(_ name: String, in arguments: ArraySlice<String>) -> Bool {
        arguments.contains { $0 == "--\(name)" || $0 == "--no-\(name)" || $0.hasPrefix("--\(name)=") }
    }

    private static func value(of flag: String, in arguments: [String]) -> String? {
        for (position, argument) in arguments.enumerated() {
            if argument == flag { return arguments.dropFirst(position + 1).first }
            if argument.hasPrefix(flag + "=") { return String(argument.dropFirst(flag.count + 1)) }
        }
        return nil
    }
}
