package import LLMStreaming

/// What a server tells of itself beside its answers: the network in a run, a script in a test.
///
/// That it tells nothing is no fault, and no call may take much longer than two seconds.
package protocol ServerSignals: Sendable {
    /// Its load now; nil where it does not tell it there: any status but 200, no load in the text, no connection, or
    /// not in time.
    func load(of endpoint: Endpoint, at address: MetricsAddress) async -> ServerLoad?

    /// What it says it serves.
    func identity(of endpoint: Endpoint) async -> ServerIdentity
}
