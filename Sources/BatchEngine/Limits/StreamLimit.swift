/// What refusals have left of the streams to a provider or model.
package struct StreamLimit: Sendable, Hashable {
    /// How many may be open: the width that refusals have left, and the silent ones, which do not hold it.
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
