// Imported publicly: a conformance of a public type is public.
public import ArgumentParser
package import BatchEngine
public import LLM4SBatch
public import LLMStreaming
import LoadTesting

extension ErrorKind: ExpressibleByArgument {}
extension FinishReason: ExpressibleByArgument {}
extension BatchOptions.RowForm: ExpressibleByArgument {}
extension BatchOptions.JobOrder: ExpressibleByArgument {}
extension BatchOptions.WarmFirst: ExpressibleByArgument {}
extension BatchOptions.ResumeWay: ExpressibleByArgument {}
extension BatchOptions.OnInvalid: ExpressibleByArgument {}
extension BatchOptions.OnLength: ExpressibleByArgument {}
extension BatchOptions.OnLoop: ExpressibleByArgument {}
extension BatchOptions.ChangedJobs: ExpressibleByArgument {}
extension BatchOptions.ChunkRetention: ExpressibleByArgument {}
extension BatchOptions.Durability: ExpressibleByArgument {}
extension BatchOptions.Latency: ExpressibleByArgument {}
extension HTTPVersions: ExpressibleByArgument {}

/// A duration as it is typed: a number and `ms`, `s`, `m` or `h`; a bare number is seconds.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
    var duration: Duration

    init(seconds: Int) { duration = .seconds(seconds) }

    /// As it is typed.
    var defaultValueDescription: String {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }

    init?(argument: String) {
        guard let duration = Duration(typed: argument) else { return nil }
        self.duration = duration
    }
}

/// A day or a time as it is typed: `2026-11-01`, which begins at midnight of UTC, or `2026-11-01T12:00:00Z`.
struct DateArgument: ExpressibleByArgument, Equatable, Sendable {
    var unixMilliseconds: Int64

    init?(argument: String) {
        let time = argument.utf8.count == 10 ? argument + "T00:00:00Z" : argument
        guard let seconds = InternetTime.unixSeconds(time) else { return nil }
        unixMilliseconds = NumberGate.unixMilliseconds(seconds: seconds)
    }
}

/// A limit that a database remembers and that can be taken away: a number, or `none`.
enum LimitArgument<Value: ExpressibleByArgument & Sendable & Equatable>: ExpressibleByArgument, Sendable, Equatable {
    case removed
    case set(Value)

    init?(argument: String) {
        if argument == "none" {
            self = .removed
        } else if let value = Value(argument: argument) {
            self = .set(value)
        } else {
            return nil
        }
    }

    var value: Value? { if case .set(let value) = self { value } else { nil } }
}

extension StreamsSetting: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// Which part of the rates `--share` names.
enum ShareArgument {
    /// Reads the option's value.
    ///
    /// - Throws: `ValidationError` with what it may be.
    static func share(_ text: String) throws -> LimitArgument<WorkerShare> {
        guard let share = LimitArgument<WorkerShare>(argument: text) else {
            throw ValidationError(
                "it is 1/M for one of M workers, a decimal fraction above 0 and at most 1, or none; M is at most "
                    + Int(1 / WorkerShare.parts.lowerBound).grouped)
        }
        return share
    }
}

extension WorkerShare: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// A name and a number, as in `openai=20`; the last `=` parts them, since models may hold one.
struct NamedCount: ExpressibleByArgument, Equatable, Sendable {
    var name: String
    var count: Int

    init?(argument: String) {
        guard let position = argument.lastIndex(of: "="), position > argument.startIndex,
            let count = Int(argument[argument.index(after: position)...])
        else { return nil }
        name = String(argument[..<position])
        self.count = count
    }

    /// As it is typed.
    var text: String { "\(name)=\(count)" }
}

/// The bounds of numbers that are typed: what lies outside of them is refused before anything is done.
enum FlagBounds {
    /// Streams that may be open at once; open files bound them further.
    static let streams = 1...1_000_000_000
    /// Workers that are started at once.
    static let workers = 1...1_000_000
    /// Ports of this machine.
    static let ports = 0...65_535
    /// What is counted.
    static let counts = 1...NumberGate.counts.upperBound
    /// Attempts of a job.
    static let attempts = 1...1_000_000
    /// Bytes that are held at once.
    static let bytes = 1...NumberGate.bytes.upperBound
    /// Requests of a level of a load test.
    static let requests = 1...1_000_000_000
    /// Words of a random prompt.
    static let words = 1...10_000_000

    /// Checks an option that may be left out.
    ///
    /// - Throws: `ValidationError`, with what the option may be.
    static func check(_ option: String, _ value: Int?, _ bounds: ClosedRange<Int>) throws {
        guard let value, !bounds.contains(value) else { return }
        if value < bounds.lowerBound, bounds.lowerBound == 0 {
            throw ValidationError("--\(option) cannot be negative, and is \(value)")
        }
        throw ValidationError(
            value < bounds.lowerBound
                ? "--\(option) must be at least \(bounds.lowerBound), not \(value)"
                : "--\(option) must be at most \(bounds.upperBound), not \(value)")
    }
}
