import LLMStreaming

// The URLs and keys of a configured provider: one of each, or a list (Contract, "Pools").
extension ConfiguredProvider {
    mutating func setURLs(_ name: String, _ json: JSON) throws(ConfigurationError) {
        let urls = try Self.list(json, "\(name).base_url")
        provider.baseURL = urls[0]
        provider.otherBaseURLs = Array(urls.dropFirst())
        provider.baseURLVariables = []
    }

    mutating func setKeys(_ name: String, _ json: JSON) throws(ConfigurationError) {
        let variables = try Self.list(json, "\(name).api_key_env")
        guard variables.allSatisfy(Self.isVariable) else {
            // A key that was put there by mistake is not shown.
            throw ConfigurationError(
                "\(name).api_key_env holds no name of an environment variable; the key itself belongs in that variable"
            )
        }
        provider.keyVariables = variables
        provider.pooledKeyVariables = variables.count > 1 ? variables : []
        provider.tokenVariables = []
        provider.needsKey = true
    }

    mutating func setWeights(_ name: String, _ json: JSON) throws(ConfigurationError) {
        guard let weights = json.object else { throw ConfigFile.wrongType("\(name).weights", "an object") }
        for member in weights.members {
            guard let weight = member.value.double, NumberGate.weights.contains(weight) else {
                throw ConfigurationError(
                    "\(name).weights: a weight must be a number from 0.000001 to 1000000, not \(member.value.text)")
            }
            provider.weights[member.key] = weight
        }
    }

    /// A text that is not empty, or a list of such.
    private static func list(_ json: JSON, _ key: String) throws(ConfigurationError) -> [String] {
        let texts = json.array ?? [json]
        let strings = texts.compactMap(\.string).filter { !$0.allSatisfy(\.isWhitespace) }
        guard !strings.isEmpty, strings.count == texts.count else {
            throw ConfigFile.wrongType(key, "a non-empty string, or a list of such")
        }
        return strings
    }

    private static func isVariable(_ text: String) -> Bool {
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isName && text.first?.isNumber == false
    }
}
