package import LLMStreaming

/// Whether and when a failed attempt is followed by another: a pure function (Contract, "Retry"; Provider
/// facts, "What SDKs retry").
package struct RetryPolicy: Sendable {
    /// What a failed attempt costs its job when another follows.
    package enum Cost: Sendable, Equatable {
        /// One of the attempts that it has.
        case attempt
        case nothing
        /// Nothing, and what earlier attempts cost is given back: the answer is longer than ever before.
        case startsAnew
    }

    /// What follows a failed attempt.
    package enum Decision: Sendable, Equatable {
        /// Another attempt after a wait.
        case retry(after: Duration, costs: Cost)
        case fail
        /// Every other job of the provider would fail the same way: it gets no more requests.
        case stopProvider
        /// Every other job of the model would: it gets no more requests.
        case stopModel
    }

    /// The most attempts of a job that count; at least 1.
    package var maximumAttempts = 5
    /// The wait before the first retry is drawn up to this; the bound doubles with each.
    package var firstWait: Duration = .seconds(1)
    /// The longest wait of our own choosing.
    package var longestWait: Duration = .seconds(60)

    package init() {}

    /// The number of equal failures in a row that are no accident.
    private static let deterministicFailures = 3

    /// The number of refusals that are no accident, of a request that seems larger than a whole minute's limit.
    private static let hopelessRefusals = 8

    /// The decision.
    ///
    /// - Parameters:
    ///   - countedBefore: the job's attempts that counted before this one.
    ///   - attempts: all its attempts, this one included.
    ///   - isLonger: whether the kept answer is longer than ever before.
    ///   - circumstances: what is known of its job before and of its provider now.
    ///   - fraction: a random number from 0 to 1, for the jitter.
    package func decide(
        _ error: LLMError, countedBefore: Int, attempts: Int, isLonger: Bool = false,
        circumstances: RetryCircumstances = RetryCircumstances(), fraction: Double
    ) -> Decision {
        if circumstances.isTierFull, error.isRetryable {
            // Where nothing else of the model is answered, its jobs are left to a later run; else the tier's jobs fail,
            // since they cannot stop the others.
            if circumstances.isTierGivenUp { return circumstances.areOtherTiersAnswered ? .fail : .stopModel }
            return .retry(after: wait(error, retries: attempts - 1, fraction), costs: .nothing)
        }
        if let suspicion = error.suspicion {
            if circumstances.isRefusedToAll { return suspicion == .model ? .stopModel : .stopProvider }
            // A failure that may pass is retried as often as any other that may.
            if !error.kind.isRetryable || error.shouldRetry == false {
                return refused(
                    error, countedBefore: countedBefore, circumstances: circumstances, fraction: fraction)
            }
        }
        switch error.kind {
        case .auth, .quota: return .stopProvider
        case .notFound where error.shouldRetry != true: return .stopModel
        // The same request fails the same way again, whatever `x-should-retry` says.
        case .invalidRequest, .contextLength, .contentPolicy: return .fail
        default: guard error.isRetryable else { return .fail }
        }
        if circumstances.isOutage, error.kind != .rateLimit {
            return .retry(after: wait(error, retries: countedBefore, fraction), costs: .nothing)
        }
        guard circumstances.equalFailures < Self.deterministicFailures else { return .fail }
        // After the last new start `maximumAttempts` are left: ten times as many in all.
        // A user who allows one attempt wants one request.
        if isLonger, maximumAttempts > 1, attempts <= 9 * maximumAttempts {
            return .retry(after: wait(error, retries: 0, fraction), costs: .startsAnew)
        }
        if error.kind == .rateLimit {
            // The request by itself exceeds a minute's limit and was refused each time: it would wait for ever.
            if circumstances.isOverRate, attempts >= Self.hopelessRefusals { return .fail }
            return .retry(after: wait(error, retries: attempts - 1, fraction), costs: .nothing)
        }
        guard countedBefore + 1 < maximumAttempts else { return .fail }
        return .retry(after: wait(error, retries: countedBefore, fraction), costs: .attempt)
    }

    /// A refusal, or another error that may concern the job or everybody: the job gets one more attempt, which also
    /// shows which of them it is.
    private func refused(
        _ error: LLMError, countedBefore: Int, circumstances: RetryCircumstances, fraction: Double
    ) -> Decision {
        // After a refusal that the provider calls final the same job teaches nothing more.
        let isFinal = error.shouldRetry == false && (error.kind == .permission || error.kind == .quota)
        guard !circumstances.wasRefused, !isFinal, countedBefore + 1 < maximumAttempts else {
            return .fail
        }
        return .retry(after: wait(error, retries: countedBefore, fraction), costs: .attempt)
    }

    /// Full jitter over a bound that doubles with each retry; where the provider asks for a time, that and up to a
    /// fifth or 30 s more, so that a thousand jobs do not come back in the same instant.
    private func wait(_ error: LLMError, retries: Int, _ fraction: Double) -> Duration {
        if let asked = error.retryAfter, asked > .zero {
            return asked + min(asked / 5, .seconds(30)) * fraction
        }
        let bound = firstWait * (1 << min(retries, 20))
        return min(bound, longestWait) * fraction
    }
}

/// What is known of a failed attempt beyond its error: of its job before, and of its provider now.
package struct RetryCircumstances: Sendable, Equatable {
    /// Whether the provider is out, or the failure is one that has been counted: it costs no attempt then.
    package var isOutage = false
    /// How many attempts in a row, this one included, ended with the same JSON error under status 500.
    package var equalFailures = 0
    /// Whether the provider refuses (402, 403) one job after the other.
    package var isRefusedToAll = false
    /// Whether the job was refused so the last time too.
    package var wasRefused = false
    /// Whether its request by itself is larger, as far as can be guessed, than what is granted in a minute.
    package var isOverRate = false
    /// Whether the service tier that it asks for has no capacity now.
    package var isTierFull = false
    /// Whether it has had none for as long as an outage is waited for.
    package var isTierGivenUp = false
    /// Whether the model's requests for other tiers, or for none, are answered meanwhile.
    package var areOtherTiersAnswered = false

    package init() {}
}

/// How an earlier attempt of a job failed, as far as the next one is compared with it.
package struct RecentFailure: Sendable, Equatable {
    package var httpStatus: Int?
    /// The provider's code or type of the error; nil where it gave none.
    package var code: String?
    package var message: String
    /// Where it was met; nil where that is not known.
    package var endpoint: String?

    package init(httpStatus: Int?, code: String?, message: String, endpoint: String? = nil) {
        self.httpStatus = httpStatus
        self.code = code
        self.message = message
        self.endpoint = endpoint
    }

    /// Whether two failures are the same answer of a server, the names of requests left out.
    func isSame(as other: RecentFailure) -> Bool {
        httpStatus == other.httpStatus && code == other.code && Self.masked(message) == Self.masked(other.message)
    }

    /// The message with all words that hold a digit replaced: names of requests, times and addresses differ in each
    /// answer.
    package static func masked(_ message: String) -> String {
        message.split(whereSeparator: \.isWhitespace)
            .map { word in word.contains { $0.isASCII && $0.isNumber } ? "#" : String(word) }
            .joined(separator: " ")
    }
}

extension LLMError {
    /// As an earlier failure is compared.
    var asRecentFailure: RecentFailure { RecentFailure(httpStatus: httpStatus, code: code, message: message) }

    /// How many attempts in a row, this one included, a server answered with the same JSON error under status 500;
    /// 0 where this one is none.
    ///
    /// Of a pool those of one endpoint count as one: it may be the endpoint that fails, whatever the job is.
    ///
    /// - Parameters:
    ///   - earlier: the attempts before it that counted, the newest first.
    ///   - endpoint: where this one was sent; nil where that is not known.
    ///   - isPool: whether the provider has several endpoints.
    func equalsInARow(_ earlier: [RecentFailure], endpoint: String? = nil, isPool: Bool = false) -> Int {
        // Only a JSON error has a code or a type.
        guard httpStatus == 500, code != nil else { return 0 }
        let equals = earlier.prefix { $0.isSame(as: asRecentFailure) }
        let endpoints = Set(([endpoint] + equals.map(\.endpoint)).compactMap(\.self))
        return isPool && endpoints.count < 2 ? 1 : 1 + equals.count
    }
}
