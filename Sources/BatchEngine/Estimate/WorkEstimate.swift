import LLMStreaming

/// What jobs are expected to use up, guessed before any of them is sent.
package struct WorkEstimate: Sendable, Equatable {
    /// What an answer may have where its request sets no bound: what the engine sets aside for it (Contract, "Cost").
    package static let assumedOutput = 4096
    /// By how much of itself the input may be more or less than the guess.
    static let spread = 0.3

    package private(set) var requests = 0
    /// The sum of the bounds that the requests set, and of the assumption for those that set none.
    package private(set) var mostOutput = 0.0
    /// Requests that set no bound.
    package private(set) var unbounded = 0
    private var input = 0.0
    /// The same by the service tier that requests ask for, in their own word; empty where they ask for none.
    private var tiers: [String: Part] = [:]

    private struct Part: Sendable, Equatable {
        var requests = 0
        var input = 0.0
        var mostOutput = 0.0
    }

    /// How many tiers are distinguished; requests for others have no price.
    private static let maximumTiers = 16
    private static let otherTier = "?"

    package init() {}

    /// Adds the job of a line.
    mutating func add(_ line: ParsedLine) { add(line.members, line.content) }

    /// Adds the job of a stored request; one that cannot be read, which only others can have written, counts as a
    /// request alone.
    package mutating func add(stored request: [UInt8]) {
        if let members = try? JSONParser.parse(request).object, let job = try? JobRequest(stored: members) {
            add(members, job.content)
        } else {
            requests += 1
        }
    }

    private mutating func add(_ members: JSONObject, _ content: RequestContent) {
        let tokens = RequestTokens.count(members)
        let bound = content.maximumTokens
        if bound == nil { unbounded += 1 }
        let output = Double(max(0, bound ?? Self.assumedOutput)) * Double(content.choices)
        add(Part(requests: 1, input: tokens, mostOutput: output), content.askedTier?.lowercased() ?? "")
    }

    private mutating func add(_ part: Part, _ tier: String) {
        requests += part.requests
        input += part.input
        mostOutput += part.mostOutput
        let isKnown = tier.isEmpty || tiers[tier] != nil || tiers.count < Self.maximumTiers
        var sum = tiers[isKnown ? tier : Self.otherTier] ?? Part()
        sum.requests += part.requests
        sum.input += part.input
        sum.mostOutput += part.mostOutput
        tiers[isKnown ? tier : Self.otherTier] = sum
    }

    /// Adds the jobs of another estimate.
    package mutating func add(_ other: Self) {
        unbounded += other.unbounded
        for (tier, part) in other.tiers { add(part, tier) }
        // Those that could not be read have no part.
        requests += other.requests - other.tiers.values.reduce(0) { $0 + $1.requests }
    }

    /// The tokens of the requests, at least and at most.
    package var inputTokens: ClosedRange<Double> { input * (1 - Self.spread)...input * (1 + Self.spread) }

    /// What the jobs cost in US dollars, by the prices of the tiers that they ask for: from empty answers to answers as
    /// long as their bounds; nil where a tier has no price.
    ///
    /// - Parameter serviceTier: what those ask for that name none.
    package func cost(at price: ModelPrice, serviceTier: String? = nil) -> ClosedRange<Double>? {
        var (least, most) = (0.0, 0.0)
        for (word, part) in tiers.sorted(by: { $0.key < $1.key }) {
            guard let tier = PriceTier(served: nil, asked: word.isEmpty ? serviceTier : word) else { return nil }
            let length = Int((part.input / Double(max(1, part.requests))).clamped(to: 1...1e12))
            let rates = price.rates(for: length, tier)
            least += part.input * (1 - Self.spread) * min(rates.input, rates.cachedInput)
            most += part.input * (1 + Self.spread) * rates.input + part.mostOutput * rates.output
        }
        return least...max(least, most)
    }
}

/// How long jobs take at given limits: from empty answers to answers as long as their bounds.
package struct TimeEstimate: Sendable, Equatable {
    /// The tokens a second of a stream: a middling model's; what a server really gives is seen in `stats` only.
    package static let tokensPerSecond = 50.0

    /// What bounds the jobs of a provider.
    package enum Bound: Sendable, Equatable {
        case requestsPerMinute(Int)
        case tokensPerMinute(Int)
        case streams(Int)
    }

    /// Seconds.
    package private(set) var least = 0.0
    package private(set) var most = 0.0
    /// What the longer time comes from.
    package private(set) var bound: Bound

    /// Estimates the time of a provider's jobs.
    ///
    /// - Parameter concurrency: streams of the whole run; a provider has at most its own share.
    package init(_ work: WorkEstimate, limits: ProviderLimits, concurrency: Int) {
        let streams = max(1, min(limits.concurrency ?? concurrency, concurrency, work.requests))
        bound = .streams(streams)
        add(0...work.mostOutput / Self.tokensPerSecond / Double(streams), .streams(streams))
        if let rpm = limits.requestsPerMinute {
            let time = Double(work.requests) / Double(rpm) * 60
            add(time...time, .requestsPerMinute(rpm))
        }
        if let tpm = limits.tokensPerMinute {
            let input = work.inputTokens
            let time = input.lowerBound / Double(tpm) * 60...(input.upperBound + work.mostOutput) / Double(tpm) * 60
            add(time, .tokensPerMinute(tpm))
        }
    }

    private mutating func add(_ time: ClosedRange<Double>, _ bound: Bound) {
        least = max(least, time.lowerBound)
        guard time.upperBound > most else { return }
        most = time.upperBound
        self.bound = bound
    }
}

/// A guess of a request's input tokens from its text, for a user who wants to know before anything is sent.
///
/// Tokenizers differ by model and are not here. In English prose a token is about four letters, in Cyrillic or Arabic
/// two, in Chinese, Japanese and Korean about one; what is guessed so is within a third of most texts' count.
enum RequestTokens {
    /// The members of a request, of its options or of a provider's body that a model reads.
    private static let read: Set<String> = [
        "messages", "prompt", "system", "input", "instructions", "tools", "functions", "response_format", "text",
    ]
    /// The members that hold such members.
    private static let holders: Set<String> = ["options", "extra_body", "body", "params"]
    /// What an image or a file in a request counts for; its Base64 is no text.
    private static let attachment = 1000.0

    /// The guess for a line's members.
    static func count(_ members: JSONObject) -> Double {
        members.members.reduce(0) { sum, member in
            if read.contains(member.key) { return sum + count(member.value) }
            if holders.contains(member.key), let object = member.value.object { return sum + count(object) }
            return sum
        }
    }

    private static func count(_ json: JSON) -> Double {
        switch json {
        case .null, .bool, .number: 1
        case .string(let text): count(text)
        case .array(let elements): elements.reduce(0) { $0 + count($1) }
        // A name counts for a token: a message's frame has about as many as names.
        case .object(let object): object.members.reduce(0) { $0 + 1 + count($1.value) }
        }
    }

    private static func count(_ text: String) -> Double {
        if text.hasPrefix("data:") || text.utf8.count > 4096 && text.utf8.allSatisfy(isBase64) { return attachment }
        var quarters = 0
        for byte in text.utf8 {
            switch byte {
            case 0..<0x80: quarters += 1
            case 0xC0..<0xE0: quarters += 2
            case 0xE0..<0xF0: quarters += 4
            case 0xF0...: quarters += 8
            default: break
            }
        }
        return Double(quarters) / 4
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
