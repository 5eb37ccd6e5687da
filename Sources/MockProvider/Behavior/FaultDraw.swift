import Foundation

/// Decides which fault an attempt of a request has: the behaviour's own, a flaky one, or none.
struct FaultDraw {
    let seed: UInt64

    /// After this many faults in a row a flaky request is answered well, so that a retry finally succeeds.
    static let maximumFlakyFaults = 3

    /// The fault of one attempt of a request.
    ///
    /// - Parameters:
    ///   - behavior: The request's behaviour.
    ///   - request: The request's key, the same for each attempt.
    ///   - attemptsBefore: How often the same request came before.
    func fault(of behavior: MockBehavior, request: UInt64, attemptsBefore: Int) -> MockFault {
        let own = attemptsBefore < behavior.faultTimes ?? .max ? behavior.fault : MockFault()
        var fault = own
        if let percent = behavior.flakyPercent {
            fault = flakyFault(percent: percent, request: request, attemptsBefore: attemptsBefore)
        } else if let storm = behavior.storm {
            fault = self.fault(of: storm, request: request, attemptsBefore: attemptsBefore)
        }
        fault.wrong = own.wrong
        return fault
    }

    private func fault(of storm: FaultStorm, request: UInt64, attemptsBefore: Int) -> MockFault {
        let draw = Hash64.mix(seed &+ Hash64.mix(request &+ UInt64(attemptsBefore)))
        guard attemptsBefore < Self.maximumFlakyFaults, draw % 100 < UInt64(storm.percent) else { return MockFault() }
        let ways = storm.ways
        let way = Int((draw >> 32) % UInt64(ways.count + 1))
        // The last way is a cut anywhere, inside lines and characters too.
        return way < ways.count ? ways[way] : .with { $0.cutBytes = Int((draw >> 16) % 4_096) }
    }

    private func flakyFault(percent: Int, request: UInt64, attemptsBefore: Int) -> MockFault {
        var fault = MockFault()
        let draw = Hash64.mix(seed &+ Hash64.mix(request &+ UInt64(attemptsBefore)))
        guard attemptsBefore < Self.maximumFlakyFaults, draw % 100 < UInt64(percent) else { return fault }
        switch (draw >> 32) % 4 {
        case 0:
            fault.status = 429
            fault.retryAfter = (draw >> 48) % 2 == 0 ? "0" : "1"
        case 1: fault.status = 503
        case 2: fault.cutChunk = .middle
        default: fault.inBandErrorChunk = .middle
        }
        return fault
    }
}

/// A seeded mix of faults of every kind.
package struct FaultStorm: Sendable, Hashable {
    /// The share of requests that fail, in per cent.
    package var percent: Int
    /// Whether 401 and 404 are among the faults, which stop a whole provider or model.
    package var stopsProviders: Bool

    package init(percent: Int, stopsProviders: Bool = false) {
        self.percent = percent
        self.stopsProviders = stopsProviders
    }

    /// The ways to fail, except for a cut at any byte.
    var ways: [MockFault] {
        let statuses = [400, 402, 403, 408, 409, 413, 500, 502, 503, 529] + (stopsProviders ? [401, 404] : [])
        return statuses.map { status in MockFault.with { $0.status = status } } + Self.rateLimits + Self.connections
            + Self.streams + Self.documents
    }

    private static let rateLimits: [MockFault] = [
        .with { ($0.status, $0.retryAfter) = (429, "1") }, .with { ($0.status, $0.retryAfter) = (429, "0") },
        .with { ($0.status, $0.retryAfterDate) = (429, .seconds(1)) },
        .with { ($0.status, $0.retryAfterMilliseconds) = (429, "300") },
        .with { ($0.status, $0.retryAfter, $0.retryAfterMilliseconds) = (429, "1", "0") },
        .with { $0.status = 429 },
    ]

    private static let connections: [MockFault] = [
        .with { $0.dropsConnection = true }, .with { $0.resetsConnection = true }, .with { $0.resetBytes = 900 },
        .with { $0.silence = .beforeHeaders }, .with { $0.silence = .beforeChunk(.index(0)) },
        .with { $0.silence = .beforeChunk(.middle) }, .with { $0.cutBytes = 0 },
        .with { $0.cutChunk = .middle }, .with { $0.cutsBeforeUsage = true }, .with { $0.leavesBodyOpen = true },
        .with { $0.closesConnection = true },
    ]

    private static let streams: [MockFault] = [
        .with { $0.endChunk = .middle }, .with { $0.inBandErrorChunk = .middle }, .with { $0.errsAfterFinish = true },
        .with { ($0.inBandErrorChunk, $0.sendsDoneAfterError) = (.middle, true) },
        .with { $0.malformedChunk = .middle },
        .with { $0.hugeEventBytes = 9 << 20 }, .with { $0.omitsDone = true }, .with { $0.prefill = .echo },
        .with { $0.prefill = .refuse }, .with { $0.prefill = .restart },
    ]

    private static let documents: [MockFault] = [
        .with { $0.sendsHTML = true }, .with { ($0.sendsHTML, $0.status) = (true, 502) },
        .with { $0.contentType = "text/plain" }, .with { $0.sendsWholeJSON = true },
    ]
}

extension MockFault {
    /// A fault with some of its members set.
    static func with(_ set: (inout MockFault) -> Void) -> MockFault {
        var fault = MockFault()
        set(&fault)
        return fault
    }
}

/// Counts the attempts of each request, in bounded memory.
///
/// There are two generations of counts: when the younger is full it becomes the elder, and the elder is forgotten. A
/// request that is not among the last 131,072 different ones starts anew.
struct AttemptCounter {
    private static let generationSize = 131_072
    private var younger: [UInt64: Int] = [:]
    private var elder: [UInt64: Int] = [:]

    /// Counts one more attempt and returns how many there were before it.
    mutating func countAttempt(of request: UInt64) -> Int {
        let before = younger[request] ?? elder[request] ?? 0
        if younger.count >= Self.generationSize, younger[request] == nil {
            elder = younger
            younger = [:]
        }
        younger[request] = before + 1
        return before
    }
}

/// The key under which the attempts of a request are counted.
enum RequestKey {
    /// The hash of a body without what a further attempt changes.
    ///
    /// That is a trailing assistant message with its flags, the request to go on or to correct an answer, the token limit and
    /// the temperature. So `times=1` means once for a job, whatever its next attempt does. Equal bodies have equal keys.
    ///
    /// - Parameters:
    ///   - path: The path with its query.
    ///   - body: The body as it was received.
    ///   - messagesBehind: How many messages at the end a further attempt has added; a trailing assistant message is
    ///     known without it.
    static func key(path: String, body: [UInt8], messagesBehind: Int = 0) -> UInt64 {
        let start = Hash64.hash(path.utf8)
        guard case .object(let members)? = try? JSONDecoder().decode(JSON.self, from: Data(body)) else {
            return Hash64.hash(body, from: start)
        }
        let changing: Set = [
            "max_tokens", "max_completion_tokens", "max_output_tokens", "continue_final_message",
            "add_generation_prompt", "temperature",
        ]
        let lasting = members.compactMap { member -> (key: String, value: JSON)? in
            if changing.contains(member.key) { return nil }
            guard member.key == "messages" || member.key == "input", case .array(var messages) = member.value else {
                return member
            }
            if messagesBehind > 0 {
                messages.removeLast(min(messagesBehind, messages.count))
            } else if messages.last?["role"]?.string == "assistant" {
                messages.removeLast()
            }
            return (member.key, .array(messages))
        }
        return Hash64.hash(JSON.object(lasting).text.utf8, from: start)
    }
}
