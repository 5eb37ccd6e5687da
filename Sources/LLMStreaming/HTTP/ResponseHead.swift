/// Status and header fields of a provider's response.
public struct ResponseHead: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    /// The header fields in order; names in any case.
    public var headers: [HeaderField]

    /// A head.
    public init(status: Int, headers: [HeaderField] = []) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first field of that name, in any case.
    public subscript(_ name: String) -> String? {
        headers.first { Self.isSame($0.name, name) }?.value
    }

    /// Whether two names are the same field's; without new strings, since every head is asked for many names.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { left, right in
                left == right || left ^ right == 0x20 && (0x61...0x7A).contains(left | 0x20)
            }
    }

    /// The service tier that served, where a header tells it: Gemini's, Bedrock's.
    package var serviceTier: String? {
        ["x-gemini-service-tier", "x-amzn-bedrock-service-tier"].lazy.compactMap { self[$0] }.first { !$0.isEmpty }
    }

    /// The provider's name of the request, under any of the names in use (Provider facts, "Headers"): its own before
    /// those that a router or a gateway adds.
    public var requestID: String? { Self.requestIDNames.lazy.compactMap { self[$0] }.first { !$0.isEmpty } }

    private static let requestIDNames = [
        "x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-generation-id", "x-ds-trace-id",
        "mistral-correlation-id", "x-amzn-requestid", "llm_provider-x-request-id", "llm_provider-request-id",
        "x-litellm-call-id",
    ]

    /// What the head says of the provider's limits; nil where it says nothing.
    ///
    /// - Parameters:
    ///   - provider: the provider's name; of Groq it is known that its limit of requests is for a day.
    ///   - now: Unix seconds, to which a time is compared where the head has no date of its own.
    public func rateLimits(provider: String = "", now: Double) -> RateLimitReport? {
        RateLimitReport(self, provider: provider, now: date ?? now)
    }

    /// The server's clock in Unix seconds: times in other fields are read from it.
    var date: Double? { self["date"].flatMap { HTTPDate.unixSeconds($0) } }

    /// The media type without parameters, in lower case.
    package var mediaType: String? {
        self["content-type"].map { value in
            value.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        }
    }
}
