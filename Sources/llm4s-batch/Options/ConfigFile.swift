import BatchEngine
import Foundation
import LLMStreaming

/// The configuration file (Contract, "Providers"): named providers, and options that stand for flags not given.
struct ConfigFile {
    /// The providers of the file, over the built-in ones of the same name.
    var catalog = ProviderCatalog()
    /// Option names (without dashes) and their values, in the file's order.
    var options: [(name: String, value: JSON)] = []
    /// The price table that it names, found from the file's own directory.
    var prices: String?
    /// Where it was found; nil where there is none.
    var path: String?

    /// Reads the file that the user named, else the first that exists of the usual places, else none.
    static func load(path: String?, environment: [String: String]) throws(ConfigurationError) -> ConfigFile {
        guard let path = path ?? usualPlaces(environment).first(where: FileManager.default.fileExists) else {
            var file = ConfigFile()
            file.catalog = file.catalog.settled(for: environment)
            return file
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): the configuration file cannot be read")
        }
        let json: JSON
        // Editors of Windows put a byte order mark first.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        do { json = try JSONParser.parse([UInt8](data.dropFirst(data.starts(with: mark) ? mark.count : 0))) } catch {
            throw ConfigurationError("\(path): not JSON: \(error)")
        }
        do {
            var file = try ConfigFile(json)
            file.path = path
            file.catalog = file.catalog.settled(for: environment)
            if let prices = file.prices, !prices.hasPrefix("/") {
                let folder = (path as NSString).deletingLastPathComponent
                file.prices = folder.isEmpty ? prices : (folder as NSString).appendingPathComponent(prices)
            }
            return file
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
    }

    private static func usualPlaces(_ environment: [String: String]) -> [String] {
        var places = ["llm4s-batch.json"]
        if let home = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map({ $0 + "/.config" }) {
            places.append(home + "/llm4s-batch/config.json")
        }
        return places
    }

    init() {}

    init(_ json: JSON) throws(ConfigurationError) {
        guard let object = json.object else { throw ConfigurationError("not a JSON object") }
        for member in object.members {
            switch member.key {
            case "providers":
                guard let providers = member.value.object else { throw Self.wrongType("providers", "an object") }
                for provider in providers.members {
                    catalog[provider.key] = try ConfiguredProvider(
                        name: provider.key, json: provider.value, base: catalog[provider.key]
                    ).provider
                }
            case "options":
                guard let options = member.value.object else { throw Self.wrongType("options", "an object") }
                self.options = options.members.map { ($0.key, $0.value) }
            case "prices":
                guard let path = member.value.string, !path.isEmpty else {
                    throw Self.wrongType("prices", "a non-empty string")
                }
                prices = path
            case "$schema": break
            default: throw Self.unknown(member.key, known: ConfigSchema.keys)
            }
        }
    }

    /// The error of a key that does not exist: with the nearest that does, else with all.
    static func unknown(_ key: String, known: [String]) -> ConfigurationError {
        ConfigurationError("unknown key '\(key)'\(NearestName.hint(for: key, among: known))")
    }

    static func wrongType(_ key: String, _ expected: String) -> ConfigurationError {
        ConfigurationError("'\(key)' must be \(expected)")
    }
}
