/// Takes the chunks of one stream as they arrive.
///
/// Called on the stream's event loop, in order, never twice at once. It must not block.
package protocol ChunkReceiver: Sendable {
    /// Takes the chunks of one read from the socket.
    ///
    /// - Parameter microseconds: when they arrived, from the attempt's start.
    /// - Returns: whether there is room for more; after false the socket is not read, and no clock runs, until the
    ///   closure given to `whenThereIsRoom` was called.
    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool

    /// Calls the closure once, from any thread, as soon as there is room; at once if there is room now.
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void)
}
