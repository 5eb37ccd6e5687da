/// When queued rows are committed, and how many may wait (SPEC 6).
package struct WriteQueueLimits: Sendable, Equatable {
    /// A commit starts when the oldest waiting row is so old.
    package var commitAge: Duration = .milliseconds(100)
    /// A commit starts when so many bytes wait.
    package var commitBytes = 8 << 20
    /// With so many bytes waiting or being written, there is no room for more.
    package var maximumBytes = 32 << 20

    package init() {}
}
