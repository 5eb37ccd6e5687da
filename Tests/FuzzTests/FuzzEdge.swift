import Foundation

/// A place where bytes of others come in; whatever they are, the process goes on.
///
/// The tests take each edge some hundred mutated inputs far, and `.ci/fuzz` as far as there is time, under libFuzzer:
/// both call `take`.
enum FuzzEdge: String, CaseIterable, Sendable {
    /// Status and header fields of an answer: rate limits, waits, dates.
    case head
    /// An event stream in each dialect, cut into pieces at random, and what becomes of its answer.
    case stream
    /// A body that comes whole: a completion, or an error.
    case body
    /// A file of job lines, or a batch document.
    case jobs
    /// A configuration file, and the flags of all commands.
    case configuration
    /// A table of prices.
    case prices
    /// What a server tells of itself: metrics, models, version.
    case signals
    /// Frames of HTTP/2, and what happens here meanwhile.
    case frames
    /// A database in which others have written.
    case rows

    /// Takes the bytes in and uses what comes of them as a run would.
    ///
    /// - Throws: what contradicts itself; most faults end the process.
    func take(_ bytes: [UInt8]) async throws {
        switch self {
        case .head: HeadEdge.take(bytes)
        case .stream: try StreamEdge.take(bytes)
        case .body: BodyEdge.take(bytes)
        case .jobs: try JobsEdge.take(bytes)
        case .configuration: ConfigurationEdge.take(bytes)
        case .prices: PricesEdge.take(bytes)
        case .signals: try SignalsEdge.take(bytes)
        case .frames: try FramesEdge.take(bytes)
        case .rows: try await RowsEdge.take(bytes)
        }
    }

    /// Inputs that are as they should be, or as somebody has seen them, to begin with.
    var seeds: [String] {
        switch self {
        case .head: HeadEdge.seeds
        case .stream: StreamEdge.seeds
        case .body: BodyEdge.seeds
        case .jobs: JobsEdge.seeds
        case .configuration: ConfigurationEdge.seeds
        case .prices: PricesEdge.seeds
        case .signals: SignalsEdge.seeds
        case .frames: FramesEdge.seeds
        case .rows: RowsEdge.seeds
        }
    }
}

/// What contradicts itself.
struct Contradiction: Error, CustomStringConvertible {
    var description: String
}
