import JSONSchema
import LLMStreaming

/// Watches one tool call.
///
/// Its name may come in pieces, each of which begins with the one before, but not once its arguments have begun; or
/// behind the first of the arguments.
struct CallWatch: Sendable {
    /// Why no right call begins so.
    enum Fault {
        case unknownTool
        case arguments(SchemaFinding)
    }

    /// The call's number within the answer, as its chunks have it.
    let item: Int
    private(set) var name = ""
    /// Whether a tool is called that the provider runs itself.
    private(set) var isForeign = false
    /// Arguments that wait for the name, or for more than white space.
    private var waiting = ""
    private var stream: SchemaStream?
    /// Whether nothing more is asked of it.
    private var isFree = false
    private var loops: RepetitionDetector?

    init(item: Int) { self.item = item }

    /// Takes a chunk of the call.
    ///
    /// - Parameter tools: what may be called; nil where that is not checked.
    mutating func add(_ chunk: StreamedChunk, _ tools: AskedTools?) -> Fault? {
        if chunk.kind == .toolCall {
            learn((try? JSONParser.parse(chunk.text))?.object ?? JSONObject())
            guard let tools, !isForeign else { return nil }
            if !tools.isBeginning(name) { return .unknownTool }
            return begin(tools)
        }
        guard let tools, !isForeign, !isFree else { return nil }
        if stream != nil { return append(chunk.text) }
        waiting += chunk.text
        return begin(tools)
    }

    /// The loop of its arguments with a further piece, where they have one.
    mutating func addToLoops(_ piece: String) -> RepeatedText? { loops.loop(after: piece) }

    private mutating func learn(_ opening: JSONObject) {
        if !ToolCall.isOwn(opening) { isForeign = true }
        guard let new = opening["name"]?.string, new != name else { return }
        name = new
        // No decoder changes a name here; a stored chunk might.
        if stream != nil { (stream, isFree) = (nil, true) }
    }

    private mutating func begin(_ tools: AskedTools) -> Fault? {
        guard stream == nil, !isFree, !name.isEmpty, !waiting.allSatisfy(\.isWhitespace) else { return nil }
        defer { waiting = "" }
        switch tools[name] {
        case nil: return .unknownTool
        case .text: isFree = true
        case .parameters(let schema):
            stream = SchemaStream(schema)
            return append(waiting)
        }
        return nil
    }

    private mutating func append(_ piece: String) -> Fault? {
        var piece = piece
        switch piece.withUTF8({ unsafe stream?.append($0.span) }) {
        case .impossible(_, let finding)?, .invalid(_, let finding)?: return .arguments(finding)
        case .possible?, .valid?, nil: return nil
        }
    }
}
