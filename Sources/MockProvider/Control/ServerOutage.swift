/// Tells a connection that the server goes down.
struct ServerOutage: Sendable {}
