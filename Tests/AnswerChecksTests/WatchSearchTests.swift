import AnswerChecks
import LLMStreaming
import SharedMaterial
import Testing

/// The watch against a search for right answers that go on from what came.
struct WatchSearchTests {
    struct Case: Sendable {
        let check: String
        let values: [String]
        /// Whether a single rule shows where it ends; a schema and `max_chars` together are not compared.
        var isExact = true
    }

    static let cases = [
        Case(
            check: #"{"json_schema":{"type":"object","properties":{"a":{"enum":["x","yz"]},"é":{"type":"boolean"}},"#
                + #""required":["a"],"additionalProperties":false}}"#,
            values: [
                #"{"a":"x"}"#, #"{"a":"yz"}"#, #"{"a":"x","é":true}"#, #"{"é":false,"a":"yz"}"#, #"{"é":true,"a":"x"}"#,
                #"{"a":"yz","é":false}"#,
            ]),
        Case(
            check: #"{"json_schema":{"type":"array","items":{"type":["boolean","null"]},"maxItems":2}}"#,
            values: ["[]", "[true]", "[null]", "[false]", "[true,null]", "[false,false]", "[null,true]"]),
        Case(
            check: #"{"json_schema":{"type":"array","items":{"enum":["😀",12]}},"max_chars":7}"#,
            values: ["[]", "[12]", #"["😀"]"#, "[12,12]", "[ 12 ]", "[12 ]"], isExact: false),
        Case(check: #"{"json_schema":{"const":"ab"}}"#, values: [#""ab""#]),
    ]

    /// Values with what may be around them.
    private static func answers(_ values: [String]) -> [String] {
        values.flatMap { value in
            [
                value, " \n\(value)\n ", "```json\n\(value)\n```", "~~~\n\(value)", "<think>so</think>\(value)",
                "<thinking>`é`</thinking>\n```\n\(value)\n```\n",
            ]
        }
    }

    @Test(arguments: cases)
    func noBeginningOfARightAnswerIsStoppedHoweverItIsCut(_ example: Case) throws {
        let check = try CompiledCheck(text: example.check)
        let seed = environment("LLM4S_SEED", default: 7)
        var random = SplitMix64(state: UInt64(seed))
        for answer in Self.answers(example.values) {
            #expect(try check.judge(Answer(answer).completion).isRight, "\(answer)")
            let scalars = Array(answer.unicodeScalars)
            var cuts = scalars.indices.map { [$0] } + [Array(scalars.indices)]
            for _ in 0..<5 { cuts.append(scalars.indices.filter { _ in Bool.random(using: &random) }) }
            for cut in cuts {
                var pieces = [""]
                for (index, scalar) in scalars.enumerated() {
                    if cut.contains(index) { pieces.append("") }
                    pieces[pieces.count - 1].unicodeScalars.append(scalar)
                }
                #expect(check.stop(in: pieces.map { StreamedChunk(.text, $0) }) == nil, "\(pieces), seed \(seed)")
            }
        }
    }

    @Test(arguments: cases)
    func aDamagedAnswerIsStoppedWhereNoRightOneGoesOnFromIt(_ example: Case) throws {
        let check = try CompiledCheck(text: example.check)
        let answers = Self.answers(example.values)
        let alphabet = Array("[]{}\":,aéx12tn`~</ \n😀".unicodeScalars)
        let seed = environment("LLM4S_SEED", default: 7)
        var random = SplitMix64(state: UInt64(seed))
        let rests = Self.rests(of: answers)
        func outcome(_ beginning: some Sequence<Unicode.Scalar>, _ rest: String) throws -> AnswerJudgement.Outcome {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: beginning)
            return try check.judge(Answer(String(text) + rest).completion).outcome
        }
        func canGoOn(_ beginning: ArraySlice<Unicode.Scalar>) throws -> Bool {
            try rests.contains { [.ok, .mended].contains(try outcome(beginning, $0)) }
        }
        var stopped = 0
        for _ in 0..<environment("LLM4S_TRIALS", default: 15) {
            var scalars = Array(answers.randomElement(using: &random)!.unicodeScalars)
            let place = scalars.indices.randomElement(using: &random)!
            scalars[place] = alphabet.randomElement(using: &random)!
            let damaged = String(String.UnicodeScalarView(scalars))
            let stop = check.stop(in: Answer(damaged).pieces)?.index
            // Nothing right goes on from where it stops, and something does from the character before.
            if let stop {
                #expect(stop >= place, "\(damaged), seed \(seed)")
                #expect(try !canGoOn(scalars[...stop]), "\(damaged), seed \(seed)")
                stopped += 1
            }
            guard example.isExact else { continue }
            let last = scalars[..<(stop ?? scalars.count)]
            // Blank text may have calls behind it, which the search does not try.
            if try outcome(last, "") == .failed(.blank) { continue }
            #expect(try canGoOn(last), "\(damaged), seed \(seed)")
        }
        #expect(stopped > 0)
    }

    /// What may make a text a right answer: the rests of right answers, and a whole one behind what must end before it.
    private static func rests(of answers: [String]) -> [String] {
        var rests: Set<String> = ["\n```", "```json\n" + answers[0], "`\n" + answers[0], "\n~~~", "\n" + answers[0]]
        for tag in ["</think>", "</thinking>"] { rests.insert(tag + answers[0]) }
        for answer in answers {
            let scalars = Array(answer.unicodeScalars)
            for start in 0...scalars.count { rests.insert(String(String.UnicodeScalarView(scalars[start...]))) }
        }
        return rests.sorted()
    }
}
