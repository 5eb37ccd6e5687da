/// How many streams a run, a provider or a model may have: as many as the user allows, or what refusals have left.
package struct StreamLimit: Sendable, Hashable {
    /// How many may be open; where refusals have left them, with the silent ones, which do not hold that.
    package var streams: Int
    /// How many of them are silent.
    package var silent: Int
    /// For how many seconds the first of these has been.
    package var silentSeconds: Int

    package init(streams: Int, silent: Int = 0, silentSeconds: Int = 0) {
        self.streams = streams
        self.silent = silent
        self.silentSeconds = silentSeconds
    }
}

extension SilentStreams {
    /// What of a bound of the user's is theirs; nil where nothing is.
    func limit(_ streams: Int, at now: Duration) -> StreamLimit? {
        guard let since else { return nil }
        return StreamLimit(streams: streams, silent: count, silentSeconds: Int((now - since).seconds))
    }
}
