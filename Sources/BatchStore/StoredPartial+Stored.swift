import BatchEngine
import LLMStreaming

extension StoredPartial {
    /// What the column `attempts.partial` holds; nil where it cannot be read.
    init?(attemptID: Int64, stored: [UInt8]) {
        guard let json = try? JSONParser.parse(stored) else { return nil }
        self.init(attemptID: attemptID, json: json)
    }
}
