import Foundation
import LLMStreaming

extension JSONDecoder {
    /// The value of a type that a JSON text is.
    ///
    /// - Throws: kind `invalid_answer` where it is none, with the place.
    func value<Value: Decodable>(_ type: Value.Type, of text: String) throws(LLMError) -> Value {
        do { return try decode(type, from: Data(text.utf8)) } catch {
            let words = (error as? DecodingError)?.words ?? "\(error)"
            throw LLMError(.invalidAnswer, "the value fits the schema but cannot be decoded as \(type): \(words)")
        }
    }
}

extension DecodingError {
    /// Where it is and what it says, in a line: the place as a JSON pointer (RFC 6901), by the names that the type has.
    fileprivate var words: String {
        let (context, what): (Context, String?) =
            switch self {
            case .keyNotFound(let key, let context): (context, "there is no member '\(key.stringValue)'")
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context, nil)
            @unknown default: (Context(codingPath: [], debugDescription: "\(self)"), nil)
            }
        let pointer = context.codingPath.map { key in
            "/"
                + (key.intValue.map(String.init)
                    ?? key.stringValue.replacing("~", with: "~0").replacing("/", with: "~1"))
        }
        let place = pointer.isEmpty ? "" : "\(pointer.joined()): "
        return "\(place)\(what ?? context.debugDescription)".shortened(toBytes: 500)
    }
}
