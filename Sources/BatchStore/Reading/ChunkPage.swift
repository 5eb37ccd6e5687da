/// A row of `chunks`.
package struct StoredChunk: Sendable, Equatable {
    package var id: Int64
    /// From 0 within its attempt.
    package var sequence: Int
    package var atMicroseconds: Int64
    package var kind: String
    package var choice: Int
    package var item: Int
    package var text: String
}
