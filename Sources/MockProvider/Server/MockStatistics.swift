/// What a mock server counted so far.
package struct MockStatistics: Sendable, Hashable {
    /// Requests received for answers and for stored runs.
    package internal(set) var requests = 0
    /// Connections accepted since the start.
    package internal(set) var connectionsAccepted = 0
    /// Connections open now.
    package internal(set) var openConnections = 0
    /// Responses to them under way now; silent ones and bodies left open are.
    package internal(set) var activeStreams = 0
    /// The most responses that were ever under way at once.
    package internal(set) var maximumConcurrentStreams = 0
    /// Responses that wait now because their socket takes no more.
    package internal(set) var blockedStreams = 0
    /// Responses whose client closed the connection before they were at their end.
    package internal(set) var clientsClosedEarly = 0
    /// Bytes of response bodies given to the sockets; of each at most 32 KiB still wait in this process.
    package internal(set) var bodyBytesWritten = 0
}
