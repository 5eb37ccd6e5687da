import ArgumentParser
import LLMStreaming

/// An option or flag of a command, as the argument parser tells it: the one list of options that there is.
struct OptionDescription {
    /// The long name without dashes.
    var name: String
    var isFlag: Bool
    var meaning: String
    var defaultValue: String?
    /// The words that it may be; nil for any text.
    var words: [String]?

    /// The options of a command in the order of its help.
    static func all(of command: any ParsableCommand.Type) -> [OptionDescription] {
        guard let help = try? JSONParser.parse(command._dumpHelp()) else {
            preconditionFailure("the argument parser's description of \(command) is not JSON")
        }
        return (help["command"]?["arguments"]?.array ?? []).compactMap(OptionDescription.init)
    }

    private init?(_ json: JSON) {
        let names = json["names"]?.array ?? []
        guard let name = names.first(where: { $0["kind"]?.string == "long" })?["name"]?.string else { return nil }
        self.name = name
        isFlag = json["kind"]?.string == "flag"
        meaning = json["abstract"]?.string ?? ""
        defaultValue = json["defaultValue"]?.string
        words = json["allValues"]?.array?.compactMap(\.string)
    }
}
