/// What a database costs on disk.
package struct DatabaseSize: Sendable, Equatable {
    /// The bytes of the file and of its WAL.
    package var fileBytes: Int
    package var logBytes: Int
    /// The bytes of the file's pages that hold nothing: what is stored next fills them, `compact` gives them back.
    package var freeBytes: Int
    /// The bytes that it had when it was new: the schema, and a page of each table and index.
    package var emptyBytes: Int
    /// The rows of `chunks`, and the bytes of their pages.
    package var chunks: Int
    package var chunkBytes: Int
    /// Whether both were reckoned from some of the rows, since to count all would take long.
    package var isEstimate: Bool

    /// The bytes of all that was stored but chunks.
    package var otherBytes: Int { max(0, fileBytes - freeBytes - emptyBytes - chunkBytes) }
}
