/// What an input has for a job: a line, or a request of a batch that came as one document.
enum InputLine: Equatable {
    /// What stands between two line ends, or an element of the document's array.
    case bytes([UInt8])
    /// One over the limit, of that many bytes; they are not kept.
    case oversized(Int)
    /// The document is none from here on; nothing comes behind it.
    case broken(String)
}
