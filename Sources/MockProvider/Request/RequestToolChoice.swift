/// Which tool must be called, in either dialect's shape.
enum RequestToolChoice: Decodable, Equatable {
    case free
    case required
    case named(String)

    private enum Keys: String, CodingKey {
        case type, name, function
    }

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            self = word == "required" ? .required : .free
            return
        }
        let choice = try decoder.container(keyedBy: Keys.self)
        switch try choice.decode(String.self, forKey: .type) {
        case "any": self = .required
        case "tool": self = .named(try choice.decode(String.self, forKey: .name))
        case "function" where choice.contains(.name): self = .named(try choice.decode(String.self, forKey: .name))
        case "function":
            let function = try choice.nestedContainer(keyedBy: Keys.self, forKey: .function)
            self = .named(try function.decode(String.self, forKey: .name))
        default: self = .free
        }
    }
}
