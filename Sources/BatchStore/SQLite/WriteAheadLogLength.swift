/// How long the WAL was after the newest commit; SQLite sets it on the thread that commits.
final class WriteAheadLogLength {
    /// Frames, a page each.
    var frames = 0
}
