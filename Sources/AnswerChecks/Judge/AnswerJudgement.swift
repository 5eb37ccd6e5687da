package import LLMStreaming

/// What a check says of a whole answer.
package struct AnswerJudgement: Sendable, Equatable {
    /// How it ended.
    package enum Outcome: Sendable, Equatable {
        /// Every choice is right as it is.
        case ok
        /// Every choice is right once something is taken off around its value.
        case mended
        /// One choice at least is not right.
        case failed(Failure)
    }

    /// Why an answer is not right: of several choices the first of these that one of them has.
    package enum Failure: Sendable, Equatable, CaseIterable {
        /// The model, or a filter before it said anything, refused: never asked again.
        case refusal
        /// The token limit cut it, and what came does not fit.
        case length
        /// It does not fit.
        case invalid
        /// There is nothing but white space and thinking.
        case blank
    }

    /// The most findings that are told.
    package static let mostFindings = 10
    /// The most characters of `reason`, about.
    private static let mostReason = 1_000

    /// How it ended.
    package var outcome = Outcome.ok
    /// What is wrong, the first ten; empty where it is right.
    package var findings: [AnswerFinding] = []
    /// What stands around the values of choices, by their numbers; only where it is something.
    package var takenOff: [Int: TakenOff] = [:]
    /// Where in their contents the bare values of the choices stand, in offsets of UTF-8, by the choices' numbers; only
    /// where the answer is mended, and something was taken off the choice.
    package var bareContent: [Int: Range<Int>] = [:]

    /// The findings in words, one line of at most about 1,000 characters; empty where there are none.
    package var reason: String {
        Words.excerpt(of: findings.map(\.description).joined(separator: ". "), most: Self.mostReason)
    }

    /// What the column `check_report` has: `findings` and `mended`, only those that are there.
    package var report: JSONObject {
        var report = JSONObject()
        if !findings.isEmpty { report["findings"] = .array(findings.map(\.json)) }
        if outcome == .mended {
            let all = takenOff.values.reduce(TakenOff()) { $0.union($1) }
            report["mended"] = .array(all.words.map(JSON.string))
        }
        return report
    }
}

extension CompiledCheck {
    /// The judgement on a whole answer.
    ///
    /// A refusal, and a filter that let nothing through, fail whatever is checked. An answer that calls tools is judged
    /// by its calls where they are checked, whatever it says beside them; where they are not, its content is asked for
    /// only if there is any.
    package func judge(_ completion: Completion) -> AnswerJudgement {
        var judgement = AnswerJudgement()
        var failures: [AnswerJudgement.Failure] = []
        var ranges: [Int: Range<Int>] = [:]
        for choice in completion.choices {
            var judge = ChoiceJudge(self, choice)
            judge.judge()
            if let failure = judge.failure { failures.append(failure) }
            judgement.findings += judge.findings
            guard let bare = judge.bare, !bare.takenOff.isEmpty else { continue }
            judgement.takenOff[choice.index] = bare.takenOff
            ranges[choice.index] = bare.range
        }
        judgement.findings = Array(judgement.findings.prefix(AnswerJudgement.mostFindings))
        if let failure = AnswerJudgement.Failure.allCases.first(where: failures.contains) {
            judgement.outcome = .failed(failure)
        } else if !ranges.isEmpty {
            judgement.outcome = .mended
            judgement.bareContent = ranges
        }
        return judgement
    }
}
