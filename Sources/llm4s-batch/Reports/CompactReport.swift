import LLMStreaming

/// What `compact` prints.
struct CompactReport {
    var path: String
    /// Of the file and its WAL.
    var bytesBefore: Int
    var bytesAfter: Int
    var deletedChunks: Int

    /// Whether somebody's reading keeps the file from becoming smaller: its WAL has what will be.
    var isHeld: Bool { bytesAfter > bytesBefore }

    var json: JSON {
        [
            "bytes_before": .int(bytesBefore), "bytes_after": .int(bytesAfter), "saved_bytes": .int(saved),
            "deleted_chunks": .int(deletedChunks),
        ]
    }

    var text: String {
        var text = "\(TerminalText.line(path, limit: 200))\n"
        text += "  before  \(ByteText.text(bytesBefore))\n  after   \(ByteText.text(bytesAfter))"
        if saved > 0 {
            let share = Int((Double(saved) / Double(max(1, bytesBefore)) * 100).rounded())
            text += ", \(ByteText.text(saved)) (\(share) %) less"
        }
        if deletedChunks > 0 { text += "\n  \(ProgressLine.count(deletedChunks)) chunks were deleted" }
        return text
    }

    private var saved: Int { max(0, bytesBefore - bytesAfter) }
}
