/// The six times of one request, in seconds from its level's start, on one monotonic clock (SPEC 9).
package struct RequestTimes: Sendable, Equatable {
    /// When it was due: by the rate, or when its place became free.
    package var scheduled: Double
    /// When the transport had a connection for it or began to set one up: what it waited before is the client's delay.
    package var sent: Double
    /// When the first byte of an answer came.
    package var firstByte: Double?
    /// When each chunk of content came, in their order.
    package var contents: [Double]
    /// When it ended.
    package var end: Double

    package init(scheduled: Double, sent: Double, firstByte: Double?, contents: [Double], end: Double) {
        self.scheduled = scheduled
        self.sent = sent
        self.firstByte = firstByte
        self.contents = contents
        self.end = end
    }

    /// When the first chunk of content came.
    package var firstContent: Double? { contents.first }
    /// When the last chunk of content came.
    package var lastContent: Double? { contents.last }

    /// How late it was sent.
    package var dispatchDelay: Double { sent - scheduled }
    /// Time to first byte: from sent.
    package var timeToFirstByte: Double? { firstByte.map { $0 - sent } }
    /// Time to first token: from sent.
    package var timeToFirstToken: Double? { firstContent.map { $0 - sent } }
    /// The same from scheduled, so that the client's own queue cannot hide.
    package var timeToFirstTokenFromSchedule: Double? { firstContent.map { $0 - scheduled } }
    /// End to end, from sent.
    package var endToEnd: Double { end - sent }
    /// End to end, from scheduled.
    package var endToEndFromSchedule: Double { end - scheduled }
    /// Every gap between two chunks of content, as measured.
    package var gaps: [Double] { zip(contents, contents.dropFirst()).map { $1 - $0 } }
}
