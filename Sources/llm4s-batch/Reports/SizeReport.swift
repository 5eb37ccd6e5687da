import BatchStore
import LLMStreaming

/// What `status` tells of the database's size.
struct SizeReport {
    var size: DatabaseSize
    /// The jobs that have their answer, and all.
    var completed: Int
    var total: Int

    /// Fewer rows than these fill no page.
    private static let fewChunks = 100

    /// What a row of `chunks` takes; nil for too few to tell.
    private var chunkBytes: Double? {
        size.chunks >= Self.fewChunks ? Double(size.chunkBytes) / Double(size.chunks) : nil
    }

    /// What an answer takes beside its chunks: its job, request and attempts; nil where most jobs have none yet.
    private var answerBytes: Double? {
        completed > 0 && completed * 2 >= total ? Double(size.otherBytes) / Double(completed) : nil
    }

    var json: JSON {
        [
            "file_bytes": .int(size.fileBytes), "wal_bytes": .int(size.logBytes), "free_bytes": .int(size.freeBytes),
            "chunks": .int(size.chunks), "chunks_bytes": .int(size.chunkBytes),
            "bytes_per_chunk": chunkBytes.map { .double($0.rounded(to: 1)) } ?? .null,
            "bytes_per_answer": answerBytes.map { .double($0.rounded(to: 1)) } ?? .null,
            "is_estimate": .bool(size.isEstimate),
        ]
    }

    /// One line: the file, what a chunk and an answer take of it, and what is free.
    var text: String {
        let about = size.isEstimate ? "about " : ""
        var parts = [FigureText.size(size.fileBytes)]
        if size.logBytes > 0 { parts[0] += " and \(FigureText.size(size.logBytes)) in the -wal" }
        if let chunkBytes {
            parts.append(
                "of it \(about)\(FigureText.size(size.chunkBytes)) chunks, \(FigureText.size(Int(chunkBytes.rounded()))) each"
            )
        }
        if let answerBytes {
            parts.append("\(about)\(FigureText.size(Int(answerBytes.rounded()))) an answer beside its chunks")
        }
        // Little is free in every file.
        if size.freeBytes > max(1_000_000, size.fileBytes / 10) {
            parts.append("\(FigureText.size(size.freeBytes)) free (compact gives it back)")
        }
        return parts.joined(separator: "; ")
    }
}
