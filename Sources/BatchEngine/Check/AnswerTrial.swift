import AnswerChecks
import LLMStreaming

/// What an answer came to before the rules of its attempt.
enum AnswerTrial {
    /// It is stored, with what was found.
    case taken([CompletionRecord])
    case rejected(AnswerRejection)
}

extension AnswerTrial {
    /// Judges a whole answer.
    ///
    /// - Parameters:
    ///   - records: its rows, without what is found here.
    ///   - rules: nil where any answer is taken.
    init(of completion: Completion, as records: [CompletionRecord], job: Job, by rules: AnswerRules?) {
        if let rules, rules.mayHaveMore(job), completion.choices.contains(where: { $0.finishReason == .length }) {
            self = .rejected(.cut(tokens: completion.usage?.completionTokens))
            return
        }
        let judgement = rules?.check?.judge(completion)
        if case .failed(let failure)? = judgement?.outcome, rules?.policy.onInvalid != .keep {
            self = .rejected(AnswerRejection(failure, judgement?.reason ?? ""))
            return
        }
        var report = judgement?.report ?? JSONObject()
        if let (part, loop) = AnswerLoops.first(in: completion) {
            report["loop"] = AnswerLoops.json(part: part, loop: loop)
        }
        var records = records
        for index in records.indices {
            let choice = records[index].choice.index
            records[index].check =
                judgement.map { CompletionRecord.Check($0, ofChoice: choice) } ?? records[index].check
            records[index].checkReport = report.isEmpty ? nil : report
            if let range = judgement?.bareContent[choice] { records[index].takeOut(range) }
        }
        self = .taken(records)
    }
}

extension CompletionRecord.Check {
    /// What a check found of one of the answers.
    fileprivate init(_ judgement: AnswerJudgement, ofChoice choice: Int) {
        if judgement.findings.contains(where: { $0.choice == choice }) {
            self = .failed
        } else {
            self = judgement.bareContent[choice] == nil ? .ok : .mended
        }
    }
}

extension CompletionRecord {
    /// Leaves of the content only a part, given in bytes of UTF-8, and of its seams what they bring to that.
    mutating func takeOut(_ range: Range<Int>) {
        let content = choice.content
        let start = content.utf8.index(content.startIndex, offsetBy: range.lowerBound)
        let end = content.utf8.index(content.startIndex, offsetBy: range.upperBound)
        let before = content.unicodeScalars.distance(from: content.startIndex, to: start)
        let kept = content.unicodeScalars.distance(from: start, to: end)
        choice.content = String(content[start..<end])
        seams = Seam.part(of: seams, scalars: before..<before + kept)
    }
}

extension Seam {
    /// The seams of a part of a text.
    fileprivate static func part(of seams: [Seam], scalars: Range<Int>) -> [Seam] {
        var place = 0
        var parts: [Seam] = []
        for seam in seams {
            let restored = seam.restored.unicodeScalars
            let own = (place..<place + seam.kept).clamped(to: scalars)
            let behind = (place + seam.kept..<place + seam.kept + restored.count).clamped(to: scalars)
            if !own.isEmpty || !behind.isEmpty {
                var part = seam
                part.start += own.isEmpty ? seam.kept : own.lowerBound - place
                part.kept = own.count
                part.restored = String(
                    String.UnicodeScalarView(
                        restored.dropFirst(max(0, behind.lowerBound - place - seam.kept)).prefix(behind.count)))
                parts.append(part)
            }
            place += seam.kept + restored.count
        }
        // An answer is of one piece at least.
        return parts.isEmpty ? seams.prefix(1).map { Seam(attemptID: $0.attemptID, choice: $0.choice, kept: 0) } : parts
    }
}
