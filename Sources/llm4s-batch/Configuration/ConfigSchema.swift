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
        } else if let words = option.words {
            schema["enum"] = .array(words.map(JSON.string))
        } else {
            schema["type"] = ["string", "number"]
        }
        schema["description"] = .string(option.meaning)
        schema["default"] = option.defaultValue.map(JSON.string)
        return .object(schema)
    }
}
