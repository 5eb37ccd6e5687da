import JSONSchema
import LLMStreaming

/// Judges one choice of a whole answer.
struct ChoiceJudge {
    private let compiled: CompiledCheck
    private let choice: Completion.Choice

    private(set) var findings: [AnswerFinding] = []
    /// Why it is not right; nil where it is.
    private(set) var failure: AnswerJudgement.Failure?
    /// The value of the content, where a schema is asked and one could be there.
    private(set) var bare: BareValue?

    init(_ compiled: CompiledCheck, _ choice: Completion.Choice) {
        self.compiled = compiled
        self.choice = choice
    }

    mutating func judge() {
        if isRefusal {
            let text = choice.refusal.flatMap { $0.isEmpty ? nil : $0 } ?? choice.content
            let words = text.allSatisfy(\.isWhitespace) ? "" : ": \(Words.quoted(text))"
            return fail(.refusal, .content, found: "a refusal\(words)", asked: "an answer")
        }
        if let right = compiled.check.finishReasons, !right.contains(choice.finishReason) {
            let words = right.map(\.rawValue).joined(separator: " or ")
            fail(.invalid, .finishReason, found: choice.finishReason.rawValue, asked: words)
        }
        if let tools = compiled.tools { judgeCalls(tools) }
        judgeContent()
        if failure != nil, choice.finishReason == .length {
            failure = .length
            findings.insert(
                AnswerFinding(
                    choice: choice.index, part: .content, found: "an answer that the token limit cut",
                    asked: "a whole one"), at: 0)
        }
    }

    private var isRefusal: Bool {
        choice.refusal?.isEmpty == false || choice.finishReason == .refusal
            || choice.finishReason == .contentFilter && choice.toolCalls.isEmpty
                && choice.content.allSatisfy(\.isWhitespace)
    }

    private mutating func fail(_ failure: AnswerJudgement.Failure, _ finding: AnswerFinding) {
        // Blank says more than invalid.
        if self.failure == nil || failure == .blank { self.failure = failure }
        findings.append(finding)
    }

    private mutating func fail(
        _ failure: AnswerJudgement.Failure, _ part: AnswerPart, found: String, asked: String
    ) {
        fail(failure, AnswerFinding(choice: choice.index, part: part, found: found, asked: asked))
    }

    // MARK: - Tool calls

    private mutating func judgeCalls(_ tools: AskedTools) {
        for (number, call) in choice.toolCalls.enumerated() {
            let part = AnswerPart.toolCall(number, name: call.name)
            switch tools[call.name] {
            case nil: fail(.invalid, .unknownTool(part, call.name, tools, choice: choice.index))
            case .text: break
            case .parameters(let schema):
                let isEmpty = call.arguments.allSatisfy(\.isWhitespace)
                for finding in schema.findings(in: Array((isEmpty ? "{}" : call.arguments).utf8)) {
                    fail(.invalid, AnswerFinding(choice: choice.index, part: part, finding))
                }
            }
        }
    }

    // MARK: - Content

    private mutating func judgeContent() {
        let check = compiled.check
        let asksForText = compiled.schema != nil || check.regex != nil || (check.minimumCharacters ?? 0) > 0
        guard asksForText || check.maximumCharacters != nil else { return }
        if !choice.toolCalls.isEmpty, compiled.tools != nil { return }
        let fault: BareValueFault?
        do {
            let bare = try BareValue(in: choice.content)
            if compiled.schema != nil { self.bare = bare }
            fault = nil
        } catch { fault = error }
        switch fault {
        case .blank, .openThinking:
            guard choice.toolCalls.isEmpty else { return }
            if asksForText { return failBlank() }
        case .otherText(let offset):
            if asksForText, choice.content.allSatisfy(\.isWhitespace) { return failBlank() }
            if compiled.schema != nil {
                let rest = choice.content.utf8.dropFirst(offset)
                return fail(.invalid, .otherText(Substring(rest), choice: choice.index))
            }
        case nil: break
        }
        judge(bare.map { $0.text(of: choice.content) } ?? choice.content)
    }

    private mutating func failBlank() {
        let content = choice.content
        let others = content.allSatisfy(\.isWhitespace) ? "white space" : "thinking"
        fail(
            .blank, .content, found: content.isEmpty ? "nothing" : "nothing but \(others)",
            asked: compiled.schema == nil ? "a text" : "a JSON value")
    }

    private mutating func judge(_ text: String) {
        if let schema = compiled.schema {
            for finding in schema.findings(in: Array(text.utf8), mostFindings: AnswerJudgement.mostFindings) {
                fail(.invalid, AnswerFinding(choice: choice.index, part: .content, finding))
            }
        }
        switch compiled.regex.map({ ($0, $0.match(text)) }) {
        case (let regex, .no)?: fail(.invalid, .mismatch(text, regex: regex, choice: choice.index))
        case (let regex, .tooComplex)?:
            fail(
                .invalid, .content, found: Words.quoted(text),
                asked: "a text in which the regex \(Words.excerpt(of: regex.pattern)) can be looked for in fewer steps")
        case (_, .yes)?, nil: break
        }
        let count = text.unicodeScalars.count
        if let least = compiled.check.minimumCharacters, count < least {
            fail(
                .invalid, .content, found: Words.characters(count), asked: "at least \(Words.characters(least))")
        }
        if let most = compiled.check.maximumCharacters, count > most {
            fail(.invalid, .tooLong(Words.characters(count), most: most, choice: choice.index))
        }
    }
}
