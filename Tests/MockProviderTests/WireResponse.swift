import Foundation
import NIOHTTP1

/// A response as it came over the wire, whole or not.
struct WireResponse: Sendable {
    enum Ending: Sendable {
        /// As HTTP has it.
        case complete
        /// The connection was closed before.
        case closed
        /// The connection was reset before.
        case reset
        /// Not at its end yet.
        case open
    }

    var head: HTTPResponseHead?
    var body: [UInt8] = []
    /// In how many parts the body came.
    var bodyParts = 0
    var ending = Ending.open

    var status: UInt? { head?.status.code }
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? { head?.headers.first(name: name) }

    /// The body as one JSON object.
    var json: [String: Any] { JSONText.object(text) }

    /// The SSE events of the body as their lines, comments included; the tests' own reading of the format.
    var events: [String] { text.split(separator: "\n\n").map(String.init) }

    /// The JSON of each event's data line.
    var data: [[String: Any]] {
        events.compactMap { event in
            event.split(separator: "\n").first { $0.hasPrefix("data: {") }.map { JSONText.object($0.dropFirst(6)) }
        }
    }

    /// The values at a path in all data, such as `choices.0.delta.content`.
    func strings(at path: String) -> [String] {
        data.compactMap { JSONText.value(in: $0, at: path) as? String }
    }

    /// All texts of a chat's choice joined.
    func chatText(choice: Int = 0) -> String {
        data.filter { JSONText.value(in: $0, at: "choices.0.index") as? Int == choice }
            .compactMap { JSONText.value(in: $0, at: "choices.0.delta.content") as? String }.joined()
    }

    /// All texts of a response joined.
    var responseText: String {
        data.filter { $0["type"] as? String == "response.output_text.delta" }.compactMap { $0["delta"] as? String }
            .joined()
    }

    /// All texts of a message joined.
    var messageText: String { strings(at: "delta.text").joined() }
}

/// Reads JSON for the tests.
enum JSONText {
    /// The object in a text; empty when it is none.
    static func object(_ text: some StringProtocol) -> [String: Any] {
        let value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        return value as? [String: Any] ?? [:]
    }

    /// The value at a path of keys and indices.
    static func value(in object: Any, at path: String) -> Any? {
        path.split(separator: ".").reduce(object as Any?) { value, key in
            if let list = value as? [Any] { return Int(key).flatMap { list.indices.contains($0) ? list[$0] : nil } }
            return (value as? [String: Any])?[String(key)]
        }
    }
}
