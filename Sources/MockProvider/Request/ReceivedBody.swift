import Foundation

/// A request's body after reading: what the mock understood, or why not.
enum ReceivedBody {
    case read(AnswerRequest)
    case unreadable(ProviderFailure)

    init(_ bytes: [UInt8]) {
        do {
            self = .read(try JSONDecoder().decode(AnswerRequest.self, from: Data(bytes)))
        } catch let error as DecodingError {
            self = .unreadable(ProviderFailure(status: 400, message: Self.reason(of: error)))
        } catch {
            self = .unreadable(ProviderFailure(status: 400, message: Self.notJSON))
        }
    }

    private static let notJSON = "We could not parse the JSON body of your request."

    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(path(context.codingPath + [key])): Field required"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)): Input does not match the expected shape."
        default: notJSON
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
