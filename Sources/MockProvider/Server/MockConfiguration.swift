package import NIOCore

/// How a mock server is set up.
package struct MockConfiguration: Sendable {
    /// The address to listen at.
    package var host = "127.0.0.1"
    /// The port to listen at; 0 takes a free one.
    package var port = 0
    /// Event-loop threads.
    package var threads = 1
    /// The seed of flaky faults; texts do not depend on it.
    package var seed: UInt64 = 1
    /// Whether requests are kept for `MockServer.requests`; memory then grows with them.
    package var recordsRequests = false
    /// Whether what is sent for each request is kept with it; it needs `recordsRequests`.
    package var recordsResponses = false
    /// A file to which a line of JSON is appended for each request when its response has ended.
    package var logPath: String?
    /// The key that requests must bring as bearer token, `x-api-key` or `api-key`; 401 without it.
    package var requiredKey: String?
    /// The names of the models that there are, without options; others get 404, nil is any name.
    package var knownModels: Set<String>?
    /// A recorded event stream that every request is answered with, whatever it asks for.
    package var recording: [UInt8]?
    /// What each key may do.
    package var rateLimits = RateLimits()
    /// Changes that come before requests of certain numbers.
    package var scheduledControls: [ScheduledControl] = []
    /// The behaviour that options are applied to.
    package var defaultBehavior = MockBehavior()
    /// The kernel's send buffer of each connection (SO_SNDBUF), to make back-pressure come early.
    package var sendBufferBytes: Int?
    /// Called for each request for an answer on an event loop; a behaviour that it returns holds alone.
    package var script: (@Sendable (MockRequest) -> MockBehavior?)?
    /// The certificate to speak TLS with; nil speaks plain HTTP.
    package var tls: TLSFiles?
    /// Called for each connection on its event loop before the HTTP handlers are added, for example to add TLS.
    package var configureChannel: (@Sendable (any Channel) throws -> Void)?

    package init() {}
}
