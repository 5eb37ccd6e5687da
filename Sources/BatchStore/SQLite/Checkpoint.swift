extension Connection {
    /// What a checkpoint found: the frames in the WAL, and how many of them are in the database now.
    struct Checkpoint {
        var frames: Int
        var copied: Int

        /// Whether the database is whole without the WAL.
        var isWhole: Bool { copied >= frames }
    }
}
