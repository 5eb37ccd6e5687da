import LLMStreaming

/// What is known of a failed attempt beyond its error: of its job before, and of its provider now.
package struct RetryCircumstances: Sendable, Equatable {
    /// Whether the provider is out: failures cost no attempt then.
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

    package init(httpStatus: Int?, code: String?, message: String) {
        self.httpStatus = httpStatus
        self.code = code
        self.message = message
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
    /// - Parameter earlier: the attempts before it that counted, the newest first.
    func equalsInARow(_ earlier: [RecentFailure]) -> Int {
        // Only a JSON error has a code or a type.
        guard httpStatus == 500, code != nil else { return 0 }
        return 1 + earlier.prefix { $0.isSame(as: asRecentFailure) }.count
    }
}
