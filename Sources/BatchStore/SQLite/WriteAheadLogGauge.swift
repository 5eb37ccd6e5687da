/// How long the WAL was after the newest commit; SQLite sets it on the thread that commits.
final class WriteAheadLogGauge {
    /// Frames, a page each.
    var frames = 0
}
