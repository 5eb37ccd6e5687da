import LLMStreaming

/// Whether first tokens come in the time that the user wants: nine of ten of them do.
struct FirstTokenTarget: Sendable {
    /// Whether it was ever missed: then it is what bounds the width.
    private(set) var wasMissed = false
    private let seconds: Double?
    /// The first tokens at this width, and the late ones of them.
    private var count = 0
    private var late = 0

    /// With fewer late ones than these it may be chance.
    private static let fewest = 3
    /// At this number of first tokens both counts are halved.
    private static let memory = 64

    init(_ target: Duration?) { seconds = target?.seconds }

    /// Begins anew, with another width.
    mutating func begin() { (count, late) = (0, 0) }

    /// Records the first tokens at a width, and tells whether too many come late.
    ///
    /// - Parameter usual: seconds to first tokens at best; a target below them cannot be met, and binds nothing.
    mutating func isMissed(by sample: EndpointSample, usual: Double) -> Bool {
        guard let seconds, usual < seconds else { return false }
        if count > Self.memory { (count, late) = (count / 2, late / 2) }
        count += sample.firstTokens.count
        late += sample.firstTokens.count { $0.seconds > seconds }
        guard late >= Self.fewest, late * 10 > count else { return false }
        wasMissed = true
        return true
    }
}
