import NIOCore

/// How long a request waits for the first byte of its response.
///
/// The first request of a connection says so each second: the server may not have taken the connection yet.
struct ResponsePatience {
    private let start: NIODeadline
    /// When the pool is told next; nil where the connection has served before.
    private(set) var nextPlea: NIODeadline?
    private var hasPleaded = false
    /// The wait, once it is over.
    private(set) var responseSeconds: Double?

    private static let interval = TimeAmount.seconds(1)

    /// - Parameter isFirst: whether the connection has not served before.
    init(isFirst: Bool, at now: NIODeadline) {
        start = now
        nextPlea = isFirst ? now + Self.interval : nil
    }

    /// The time waited so far, where it is to be told; nil otherwise.
    mutating func plead(at now: NIODeadline) -> Double? {
        guard let due = nextPlea, due <= now else { return nil }
        nextPlea = now + Self.interval
        hasPleaded = true
        return seconds(now)
    }

    /// Records that the wait is over; a second time changes nothing.
    ///
    /// - Returns: whether the pool has been told of the wait.
    mutating func end(at now: NIODeadline) -> Bool {
        guard responseSeconds == nil else { return false }
        responseSeconds = seconds(now)
        nextPlea = nil
        return hasPleaded
    }

    private func seconds(_ now: NIODeadline) -> Double { Double((now - start).nanoseconds) / 1e9 }
}
