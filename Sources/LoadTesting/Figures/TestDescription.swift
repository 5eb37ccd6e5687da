/// What was tested, and when.
package struct TestDescription: Sendable {
    /// ISO 8601.
    package var date: String
    /// The origin and path that requests go to, without secrets.
    package var endpoint: String
    /// The dialect.
    package var endpointType: String
    package var model: String
    /// What each request asks for, in words.
    package var requests: String
    package var seed: UInt64

    package init(
        date: String, endpoint: String, endpointType: String, model: String, requests: String, seed: UInt64
    ) {
        self.date = date
        self.endpoint = endpoint
        self.endpointType = endpointType
        self.model = model
        self.requests = requests
        self.seed = seed
    }
}
