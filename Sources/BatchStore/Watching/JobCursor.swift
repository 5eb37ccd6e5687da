import BatchEngine
import LLMStreaming

/// Where a page of jobs ended: text for whoever asks for the next.
package struct JobCursor: Sendable, Equatable {
    var walk: JobWalk
    /// Nil at its beginning.
    var place: JobPlace?

    init(walk: JobWalk, place: JobPlace?) {
        self.walk = walk
        self.place = place
    }

    /// A list in JSON: the name of the walk, what belongs to it, and the place.
    package var text: String {
        let name: [JSON] =
            switch walk {
            case .all: ["all"]
            case .ids: ["ids"]
            case .completed: ["completed"]
            case .ended(let status, let kind): [.string(status.rawValue), kind.map(JSON.string) ?? .null]
            case .running: ["running"]
            case .ready(let model): ["ready", .string(model.provider), .string(model.model)]
            case .waiting: ["waiting"]
            }
        let end: JSON =
            switch place {
            case .number(let number): .int(Int(number))
            case .id(let id):
                String(validating: id, as: UTF8.self).map(JSON.string) ?? .array(id.map { .int(Int($0)) })
            case .due(let model, let milliseconds, let job):
                [.string(model.provider), .string(model.model), .int(Int(milliseconds)), .int(Int(job))]
            case nil: .null
            }
        return JSON.array(name + [end]).text
    }

    /// Reads the text; nil where it is none of ours.
    package init?(_ text: String) {
        guard let parts = (try? JSONParser.parse(Array(text.utf8)))?.array, let name = parts.first?.string,
            parts.count > 1, let end = parts.last
        else { return nil }
        let own = parts[1..<(parts.count - 1)].map { $0.string }
        switch (name, own.count) {
        case ("all", 0): walk = .all
        case ("ids", 0): walk = .ids
        case ("completed", 0): walk = .completed
        case ("running", 0): walk = .running
        case ("waiting", 0): walk = .waiting
        case ("failed", 1): walk = .ended(.failed, kind: own[0])
        case ("cancelled", 1): walk = .ended(.cancelled, kind: own[0])
        case ("ready", 2):
            guard let provider = own[0], let model = own[1] else { return nil }
            walk = .ready(ModelName(provider: provider, model: model))
        default: return nil
        }
        switch end {
        case .null: place = nil
        case .string(let id):
            guard walk == .ids else { return nil }
            place = .id(Array(id.utf8))
        case .array(let parts):
            guard let read = Self.place(parts, in: walk) else { return nil }
            place = read
        default:
            guard walk != .ids, walk != .waiting, let number = end.int else { return nil }
            place = .number(Int64(number))
        }
    }

    /// A place that is a list: the bytes of an id that is no text, or a model, when a job of it is due, and the job.
    private static func place(_ parts: [JSON], in walk: JobWalk) -> JobPlace? {
        switch walk {
        case .ids:
            let bytes = parts.compactMap { $0.int.flatMap { UInt8(exactly: $0) } }
            return bytes.count == parts.count ? .id(bytes) : nil
        case .waiting:
            guard parts.count == 4, let provider = parts[0].string, let model = parts[1].string, let due = parts[2].int,
                let job = parts[3].int
            else { return nil }
            return .due(
                ModelName(provider: provider, model: model), milliseconds: Int64(due), job: Int64(job))
        case .all, .completed, .ended, .running, .ready: return nil
        }
    }
}
