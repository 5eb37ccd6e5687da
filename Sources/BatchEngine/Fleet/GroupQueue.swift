/// Groups that wait for one thing, in the order in which they came; who does not wait any more is passed over.
///
/// A group may stand in several: it is checked when it comes to the front, so that leaving costs nothing.
struct GroupQueue<Ticket: Sendable>: Sendable {
    private var tickets: [Ticket] = []
    private var start = 0

    mutating func append(_ ticket: Ticket) { tickets.append(ticket) }

    /// The first ticket that still holds; those before it are removed.
    mutating func first(where holds: (Ticket) -> Bool) -> Ticket? {
        while start < tickets.count, !holds(tickets[start]) { removeFirst() }
        return start < tickets.count ? tickets[start] : nil
    }

    /// Removes the first ticket; the array is moved together once half of it is gone.
    mutating func removeFirst() {
        start += 1
        guard start * 2 > tickets.count else { return }
        tickets.removeFirst(start)
        start = 0
    }

    /// Those that were not removed.
    var all: ArraySlice<Ticket> { tickets[start...] }
}
