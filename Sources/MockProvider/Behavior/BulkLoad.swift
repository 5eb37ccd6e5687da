/// A load of equal events, rendered once.
package struct BulkLoad: Sendable, Hashable {
    /// Events of content in a stream.
    package var events: Int
    /// Events in each packet; the pace is the time between packets.
    package var eventsPerPacket = 1
    /// Whether each event holds the sender's clock in place of a word: Unix microseconds, 16 digits.
    package var isStamped = false

    /// A load of so many events a stream.
    package init(events: Int) { self.events = events }
}
