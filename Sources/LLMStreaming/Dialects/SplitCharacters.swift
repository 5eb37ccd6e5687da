/// Characters that a server cut in two: one that counts text in UTF-16 ends a delta with the first half of a character
/// and begins the next with the second.
///
/// The first half waits for the next piece of the same text, whatever comes between. A half that nothing completes is
/// U+FFFD, once the text is known to be whole: of one that breaks off it may be had yet.
struct SplitCharacters: Sendable {
    /// A text that comes in pieces.
    struct Place: Hashable {
        var kind: StreamedChunk.Kind
        var choice = 0
        var item = 0
        /// Which text of the item, where it has several.
        var part = 0
    }

    private var waiting: [Place: UInt16] = [:]
    /// The most texts that wait at a time; of any more the half is U+FFFD at once.
    private static let maximumWaiting = 1024
    /// Whether halves stand in the strings of the event that is being decoded.
    var isMarked = false

    /// Whether a text waits for the rest of a character: the next piece is not for a short cut.
    private(set) var isWaiting = false

    /// A piece of a text with its halves joined, as far as they are there.
    mutating func joined(_ piece: String, at place: Place) -> String {
        guard isMarked || isWaiting, !piece.isEmpty else { return piece }
        var first = waiting.removeValue(forKey: place)
        guard isMarked || first != nil else { return piece }
        var text = String.UnicodeScalarView()
        var scalars = piece.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard isMarked, scalar == SurrogateMark.escape, let other = scalars.next(),
                let half = SurrogateMark.half(other)
            else {
                if first != nil { text.append("\u{FFFD}") }
                first = nil
                text.append(scalar)
                continue
            }
            if let high = first, half >= 0xDC00 {
                text.append(Self.scalar(high, half))
                first = nil
                continue
            }
            if first != nil { text.append("\u{FFFD}") }
            first = half < 0xDC00 ? half : nil
            if half >= 0xDC00 { text.append("\u{FFFD}") }
        }
        if first != nil, waiting.count >= Self.maximumWaiting {
            text.append("\u{FFFD}")
            first = nil
        }
        waiting[place] = first
        isWaiting = !waiting.isEmpty
        return String(text)
    }

    private static func scalar(_ high: UInt16, _ low: UInt16) -> Unicode.Scalar {
        Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + UInt32(low) - 0xDC00) ?? "\u{FFFD}"
    }

    /// The texts that wait, in order, which do so no longer: U+FFFD ends each, or what is known to be whole goes on.
    mutating func take(where isTaken: (Place) -> Bool = { _ in true }) -> [Place] {
        guard isWaiting else { return [] }
        let places = waiting.keys.filter(isTaken).sorted { $0.order < $1.order }
        for place in places { waiting[place] = nil }
        isWaiting = !waiting.isEmpty
        return places
    }

    /// Whether a text waits, which does so no longer.
    mutating func take(at place: Place) -> Bool {
        guard isWaiting, waiting.removeValue(forKey: place) != nil else { return false }
        isWaiting = !waiting.isEmpty
        return true
    }

    /// Appends what the texts end with that wait for halves which do not come.
    mutating func flush(into chunks: inout [StreamedChunk]) { append(take(), to: &chunks) }

    /// Appends what the texts at these places end with, as far as they wait.
    mutating func flush(at places: [Place], into chunks: inout [StreamedChunk]) {
        // Most events find nothing waiting.
        guard isWaiting else { return }
        append(places.filter { take(at: $0) }, to: &chunks)
    }

    private func append(_ places: [Place], to chunks: inout [StreamedChunk]) {
        for place in places where place.kind != .reasoningDetails {
            chunks.append(StreamedChunk(place.kind, "\u{FFFD}", choice: place.choice, item: place.item))
        }
    }

    /// An object of the event that is kept: it is to hold no marks.
    func cleaned(_ object: JSONObject) -> JSONObject {
        guard isMarked else { return object }
        return (try? JSONParser.parse(SurrogateMark.replaced(in: JSON.object(object).text)))?.object ?? object
    }

    /// Ends an event: no mark is left in what it said besides its texts.
    mutating func endEvent(_ chunks: inout [StreamedChunk], from start: Int) {
        guard isMarked else { return }
        isMarked = false
        for index in start..<chunks.count {
            switch chunks[index].kind {
            case .text, .reasoning, .refusal, .toolArguments: break
            default: chunks[index].text = SurrogateMark.replaced(in: chunks[index].text)
            }
        }
    }
}

extension SplitCharacters.Place {
    fileprivate var order: (Int, Int, Int, String) { (choice, item, part, kind.rawValue) }
}

/// A half of a character beyond the basic plane, as a string can hold it until its other half is found.
///
/// JSON can name half of a character (`\ud83d`), a Swift string cannot hold it. While an event is decoded whose strings
/// have such halves, each stands as U+FFFF and a scalar of the private area; U+FFFF itself stands twice.
enum SurrogateMark {
    static let escape: Unicode.Scalar = "\u{FFFF}"
    private static let base: UInt32 = 0xE000

    /// Appends a half in UTF-8.
    static func append(_ half: UInt16, to text: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(base + UInt32(half) - 0xD800) else { return }
        for scalar in [escape, scalar] {
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// The half that stands behind an escape; nil where that is the scalar itself.
    static func half(_ scalar: Unicode.Scalar) -> UInt16? {
        (base..<base + 0x800).contains(scalar.value) ? UInt16(scalar.value - base + 0xD800) : nil
    }

    /// A text with U+FFFF doubled.
    static func escaping(_ text: String) -> String {
        guard text.unicodeScalars.contains(escape) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == escape { result.append(escape) }
            result.append(scalar)
        }
        return String(result)
    }

    /// A text with U+FFFD for each half.
    static func replaced(in text: String) -> String {
        var characters = SplitCharacters()
        characters.isMarked = true
        let place = SplitCharacters.Place(kind: .text)
        return characters.joined(text, at: place) + (characters.take(where: { $0 == place }).isEmpty ? "" : "\u{FFFD}")
    }
}
