/// A tool of a request, in either dialect's shape.
struct RequestTool: Decodable {
    let name: String
    /// The JSON Schema of its arguments.
    let schema: JSON?

    private enum Keys: String, CodingKey {
        case name, function, parameters, input_schema
    }

    init(name: String) {
        self.name = name
        schema = nil
    }

    init(from decoder: any Decoder) throws {
        let tool = try decoder.container(keyedBy: Keys.self)
        if tool.contains(.function) {
            let function = try tool.nestedContainer(keyedBy: Keys.self, forKey: .function)
            name = try function.decode(String.self, forKey: .name)
            schema = try function.decodeIfPresent(JSON.self, forKey: .parameters)
        } else {
            name = try tool.decode(String.self, forKey: .name)
            schema =
                try tool.decodeIfPresent(JSON.self, forKey: .input_schema)
                ?? tool.decodeIfPresent(JSON.self, forKey: .parameters)
        }
    }
}
