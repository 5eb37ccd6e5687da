package import LLMStreaming

/// A job line without fault.
package struct ParsedLine: Sendable, Equatable {
    /// The id that the line gives; nil where it gives none.
    package var customID: String?
    package var model: ModelName
    /// What it asks: what `JobRequest` reads back from the stored request.
    package var content: RequestContent
    /// The line's members; of a batch line those to store.
    var members: JSONObject
    var storedMetadata: JSONObject?

    /// The request to store, which `JobRequest` reads: members in their order, numbers in their text, without what
    /// becomes columns of its own.
    package var request: [UInt8] {
        let stored = members.members.filter { member in !LineField.Native.columns.contains { $0 == member.key } }
        return JSON.object(JSONObject(stored)).bytes
    }

    /// The identity of the request; computed when asked for, since a check of lines with ids of their own needs none,
    /// and it takes nearly half of a line's time.
    package var hash: RequestHash { RequestHash(content, model) }

    /// The line's metadata; nil where it has none.
    package var metadata: [UInt8]? { storedMetadata.map { JSON.object($0).bytes } }
}
