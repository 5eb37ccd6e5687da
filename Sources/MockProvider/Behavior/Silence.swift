/// Where the mock stops saying anything while the connection stays open.
package enum Silence: Sendable, Hashable {
    /// Before the response's head.
    case beforeHeaders
    /// After the opening events, before this chunk.
    case beforeChunk(ChunkPosition)
}
