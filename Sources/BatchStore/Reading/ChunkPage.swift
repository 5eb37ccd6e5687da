/// Some of an attempt's chunks, in order.
package struct ChunkPage: Sendable, Equatable {
    package var chunks: [StoredChunk]
    /// What the next page begins after; nil for the last one.
    ///
    /// A page before it may be empty: other attempts' rows lie in between.
    package var next: Int64?
}
