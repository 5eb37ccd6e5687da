import LLMStreaming

/// The schema that a request sends to its provider, wherever its dialect or server has the place for it.
enum AskedFormat {
    /// What `{"type": "json_object"}` asks for.
    private static let anyObject: JSON = ["type": "object"]

    /// The schema; none where the request asks for no form, or for one that is no JSON.
    static func schema(of content: RequestContent) -> JSON? {
        let members = content.members
        // OpenAI's chat and all that follow it; Responses; Messages, now and before.
        let named = [
            members["response_format"], members["text"]?["format"], members["output_config"]?["format"],
            members["output_format"],
        ]
        if let schema = named.lazy.compactMap({ wrapped($0) }).first { return schema }
        // llama.cpp and SGLang; vLLM, now and before; Gemini; Ollama.
        let bare = [
            members["json_schema"], members["structured_outputs"]?["json"], members["guided_json"],
            members["generationConfig"]?["responseJsonSchema"], members["generation_config"]?["response_json_schema"],
            members["format"],
        ]
        if let schema = bare.lazy.compactMap({ document($0) }).first { return schema }
        return members["structured_outputs"]?["json_object"] == true ? anyObject : JSON?.none
    }

    /// The schema of a format that has a type.
    private static func wrapped(_ format: JSON?) -> JSON? {
        guard let format, let type = format["type"]?.string, type != "text" else { return JSON?.none }
        // TGI has its schema as a value.
        let given = format["json_schema"]?["schema"] ?? format["schema"] ?? format["value"]
        return document(given) ?? (type == "json_object" ? anyObject : JSON?.none)
    }

    /// A schema, which some servers take as the text of one.
    private static func document(_ value: JSON?) -> JSON? {
        switch value {
        case .object: value
        case .string(let text): (try? JSONParser.parse(text))?.object.map(JSON.object)
        // A bare nil would be JSON's null.
        default: JSON?.none
        }
    }
}
