import LLMStreaming

/// A check of a value while its bytes come, of any cut: says at the first byte that can belong to no valid value that
/// it is over.
///
/// One machine reads the bytes as RFC 8259 has them: strict UTF-8, one value, white space around it, at most
/// `maximumDepth` open arrays and objects. Half of a character as an escape counts as U+FFFD. A name that comes twice
/// in one object is refused at its second end: readers differ in which of the two counts, so that no answer with both
/// is certain to mean what was checked (RFC 7493, section 2.3, forbids them too).
///
/// For each open value there is a cell for each schema that it must fit or may fit, which is open, yes or no. What
/// changes in a cell goes up through the schemas around it; when the document's own answer is no, no byte helps.
/// It never says so while a valid value can still come; that none can is found as soon as a single rule shows it, not
/// where only several together do (as two lengths that exclude each other in different alternatives).
///
/// Memory goes by the depth of the value and the size of the schema, but for the names of open objects, the text of
/// one string with a pattern, digits of one number, and the elements of arrays with `uniqueItems`.
package struct SchemaStream: Sendable {
    /// What is known.
    package enum State: Sendable, Equatable {
        /// A valid value can still come of what came.
        case possible
        /// The value is over and valid; white space may follow.
        case valid
        /// No valid value begins with the bytes up to this one, counted from 0.
        case impossible(at: Int, SchemaFinding)
        /// The value ended, at this byte or with the end of the bytes, and is not valid.
        case invalid(at: Int, SchemaFinding)
    }

    enum Stage: Sendable {
        case value, firstElement, firstName, name, colon, next
        case string, escape, hexadecimal, number, word
        case end, stopped
    }

    /// How deep arrays and objects may nest, as in `JSONParser`.
    package static let maximumDepth = JSONParser.maximumDepth

    /// What is known after the bytes so far.
    package internal(set) var state = State.possible

    let program: SchemaProgram
    var stage = Stage.value
    /// Bytes of earlier pieces.
    private var offset = 0
    /// The byte that is looked at, counted from 0.
    var position = 0
    var depth = 0

    var frames: [Frame] = []
    var evaluations: [Evaluation] = []
    var cells: [Cell] = []
    var bits: [UInt64] = []
    var applications: [Application] = []
    var names = NameArena()
    var token = Token()
    var failure: Failure?
    /// Whether it came with the byte that is looked at.
    var failureIsNew = false
    /// Whether there is a schema for the whole value, which is then the first evaluation.
    private(set) var hasRoot = false

    /// The bytes of elements that may not be equal, and of all around them.
    var kept: [UInt8] = []
    var keptValues: [Set<[UInt8]>] = []
    private var isKeeping: Bool { !keptValues.isEmpty }
    /// The first byte of this piece that is not kept yet.
    private var keptTo = 0

    /// A check before its first byte.
    package init(_ schema: JSONSchema) {
        program = schema.program
        push()
        apply(program.root)
        hasRoot = !evaluations.isEmpty
        if hasRoot { evaluations[0].isRequired = true }
    }

    /// Takes a further piece.
    @discardableResult
    package mutating func append(_ bytes: Span<UInt8>) -> State {
        keptTo = offset
        var index = 0
        while index < bytes.count, stage != .stopped {
            position = offset + index
            switch stage {
            case .string: index = string(bytes, index, base: offset)
            case .number:
                if !number(bytes[index]) {
                    keep(bytes, to: position)
                    endNumber()
                    continue
                }
                index += 1
            default:
                step(bytes[index], bytes)
                index += 1
            }
        }
        keep(bytes, to: offset + index)
        offset += bytes.count
        return state
    }

    /// Takes a further piece.
    @discardableResult
    package mutating func append(_ bytes: [UInt8]) -> State { append(bytes.span) }

    /// Says that no byte comes any more.
    ///
    /// - Returns: valid, invalid or impossible; never possible.
    @discardableResult
    package mutating func finish() -> State {
        position = offset
        if stage == .number, token.number.mayEnd { endNumber() }
        if stage != .end, stage != .stopped {
            stop(SchemaFinding(pointer: pointer(to: frames.count), found: "the end", asked: "more of a JSON value"))
            if case .impossible(let place, let finding) = state { state = .invalid(at: place, finding) }
        }
        return state
    }

    /// Keeps the bytes of this piece up to one, where something is kept.
    mutating func keep(_ bytes: Span<UInt8>, to end: Int) {
        defer { keptTo = end }
        guard isKeeping, end > keptTo else { return }
        let part = bytes.extracting(max(0, keptTo - offset)..<(end - offset))
        unsafe part.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
    }

    /// Nothing more is looked at.
    mutating func stop(_ finding: SchemaFinding) {
        stage = .stopped
        state = frames.first?.hasEnded == true ? .invalid(at: position, finding) : .impossible(at: position, finding)
    }

    /// The bytes are no JSON.
    mutating func refuse(_ found: String, asked: String) {
        stop(SchemaFinding(pointer: pointer(to: frames.count), found: found, asked: asked))
    }
}
