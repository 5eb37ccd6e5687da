package import LLMStreaming

/// The end of an answer, kept back until its completion is stored with it (SPEC 6).
///
/// Stored before, the chunk that ends an answer would leave a whole answer without a completion where the process dies
/// in between: its stream would be asked for more, and have nothing.
package struct AnswerTail: Sendable {
    /// The chunks of one read from a socket.
    package struct Read: Sendable {
        package var chunks: [StreamedChunk]
        /// The number of the first one within its attempt.
        package var sequence: Int
        package var atMicroseconds: Int64

        /// A read.
        package init(_ chunks: [StreamedChunk], sequence: Int, atMicroseconds: Int64) {
            self.chunks = chunks
            self.sequence = sequence
            self.atMicroseconds = atMicroseconds
        }
    }

    /// More reads than these after the end of an answer are kept back no longer.
    private static let maximumReads = 16

    /// What is kept back, in order.
    package private(set) var reads: [Read] = []

    package init() {}

    /// Takes the next read and passes on, in order, what is to be stored now.
    ///
    /// A read that ends a choice is kept back, and what follows it, until another brings more of an answer: then it was
    /// the end of one choice of several.
    package mutating func take(_ read: Read, pass: (Read) -> Void) {
        let isEnd = read.chunks.contains { $0.kind == .finish }
        if !reads.isEmpty, reads.count > Self.maximumReads || read.chunks.contains(where: \.isContent) {
            for read in reads { pass(read) }
            reads = []
        }
        if isEnd || !reads.isEmpty { reads.append(read) } else { pass(read) }
    }
}
