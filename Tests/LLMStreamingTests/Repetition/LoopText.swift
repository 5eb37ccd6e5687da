import LLMStreaming
import SharedMaterial

/// Texts of loops and without, and what is found in them.
enum LoopText {
    /// Words in random order, of as many characters as asked or some more.
    static func prose(_ characters: Int, seed: UInt64) -> String {
        var random = SplitMix64(state: seed)
        let syllables = ["ka", "ri", "mo", "ten", "sul", "ve", "por", "la", "ni", "dex", "é", "um"]
        var text = ""
        while text.unicodeScalars.count < characters {
            for _ in 0...Int.random(in: 0...3, using: &random) {
                text += syllables.randomElement(using: &random) ?? "ka"
            }
            text += Int.random(in: 0..<9, using: &random) == 0 ? ".\n" : " "
        }
        return text
    }

    static func loop(in text: String) -> RepeatedText? {
        var detector = RepetitionDetector()
        detector.add(text)
        return detector.loop
    }

    /// After how many characters the loop is found that a text ends with.
    static func characters(untilFoundIn text: String) -> Int? {
        var detector = RepetitionDetector()
        for (index, scalar) in text.unicodeScalars.enumerated() {
            detector.add(String(scalar))
            if detector.loop != nil { return index + 1 }
        }
        return nil
    }
}

extension RepetitionDetector {
    mutating func add(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        add(bytes.span)
    }
}
