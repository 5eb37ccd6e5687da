import ArgumentParser
import LLMStreaming

/// The JSON Schema of the configuration file: `schema/config_schema.json`, with the options as the argument parser knows
/// them.
enum ConfigSchema {
    private static let base: JSON = {
        guard let json = try? JSONParser.parse(PackageResources.config_schema_json) else {
            preconditionFailure("schema/config_schema.json is not JSON")
        }
        return json
    }()

    /// The keys of the file.
    static let keys = names(base["properties"])

    /// The keys of a provider.
    static let providerKeys = names(base["$defs"]?["provider"]?["properties"])

    private static func names(_ properties: JSON?) -> [String] {
        properties?.object?.members.map(\.key).filter { $0 != "$schema" } ?? []
    }

    /// The whole schema.
    static var json: JSON {
        var schema = base.object ?? JSONObject()
        var properties = schema["properties"]?.object ?? JSONObject()
        var options = properties["options"]?.object ?? JSONObject()
        options["properties"] = .object(optionSchemas)
        properties["options"] = .object(options)
        schema["properties"] = .object(properties)
        return .object(schema)
    }

    private static var optionSchemas: JSONObject {
        var schemas = JSONObject()
        for option in ConfiguredArguments.options where schemas[option.name] == nil {
            schemas[option.name] = schema(option)
        }
        return schemas
    }

    private static func schema(_ option: OptionDescription) -> JSON {
        var schema = JSONObject()
        if option.isFlag {
            schema["type"] = "boolean"
        } else {
            let (key, words) = option.words.map { ("enum", $0) } ?? ("type", ["string", "number"])
            let value = JSON.array(words.map(JSON.string))
            if option.isRepeating {
                let one = JSON.object(JSONObject([.init(key: key, value: value)]))
                schema["anyOf"] = [one, ["type": "array", "minItems": 1, "items": one]]
            } else {
                schema[key] = value
            }
        }
        schema["description"] = .string(option.meaning)
        schema["default"] = option.defaultValue.map(JSON.string)
        return .object(schema)
    }
}

/// An option or flag of a command, as the argument parser tells it: the one list of options that there is.
struct OptionDescription {
    /// The long name without dashes.
    var name: String
    var isFlag: Bool
    /// Whether it may be given more than once.
    var isRepeating: Bool
    var meaning: String
    var defaultValue: String?
    /// The words that it may be; nil for any text.
    var words: [String]?

    /// The options of a command in the order of its help; a flag and the one that takes it away (`--no-...`) are one.
    static func all(of command: any ParsableCommand.Type) -> [OptionDescription] {
        guard let help = try? JSONParser.parse(command._dumpHelp()) else {
            preconditionFailure("the argument parser's description of \(command) is not JSON")
        }
        let all = (help["command"]?["arguments"]?.array ?? []).compactMap(OptionDescription.init)
        let opposites = Set(all.filter(\.isFlag).map { "no-\($0.name)" })
        return all.filter { !opposites.contains($0.name) }
    }

    private init?(_ json: JSON) {
        let names = json["names"]?.array ?? []
        guard let name = names.first(where: { $0["kind"]?.string == "long" })?["name"]?.string else { return nil }
        self.name = name
        isFlag = json["kind"]?.string == "flag"
        isRepeating = json["isRepeating"]?.bool ?? false
        meaning = json["abstract"]?.string ?? ""
        defaultValue = json["defaultValue"]?.string
        words = json["allValues"]?.array?.compactMap(\.string)
    }
}
