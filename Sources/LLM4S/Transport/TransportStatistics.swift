/// What a transport has done so far.
package struct TransportStatistics: Sendable, Equatable {
    /// Connections that were made, with TLS where it is spoken.
    package var connectionsOpened = 0
    /// Streams that got a connection that had served before.
    package var connectionsReused = 0
    /// Connections that are open now.
    package var connectionsOpen = 0
    /// Connections that could not be made.
    package var handshakesFailed = 0

    /// Nothing yet.
    package init() {}
}
