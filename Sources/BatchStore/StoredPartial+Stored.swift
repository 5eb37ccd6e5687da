import BatchEngine
import LLMStreaming

extension StoredPartial {
    /// What the rest of an attempt's row may take.
    private static let otherBytes = 64 << 10

    /// What the column `attempts.partial` holds; nil where it cannot be read.
    init?(attemptID: Int64, stored: [UInt8]) {
        guard let json = try? JSONParser.parse(stored) else { return nil }
        self.init(attemptID: attemptID, json: json)
    }

    /// What is stored of it; nil where a row of so many bytes has no room for it.
    ///
    /// Such a text is begun anew: without it the attempt's row, and with that the whole batch, can still be written.
    func stored(inRowOf maximumBytes: Int) -> [UInt8]? {
        let most = maximumBytes - Self.otherBytes
        // A byte of text may take six.
        guard answer.byteCount <= most else { return nil }
        let bytes = json.bytes
        return bytes.count <= most ? bytes : nil
    }
}
