package import AnswerChecks

/// What a run makes of answers: which are right, and what follows one that is not (Contract, "Checked answers").
package struct AnswerPolicy: Sendable {
    /// What follows an answer that is not right.
    package enum OnInvalid: String, Sendable, CaseIterable {
        /// The same request once more.
        case again
        /// The conversation with that answer, and a message that names its faults.
        case ask
        /// It is taken all the same, and marked.
        case keep
        /// The job fails.
        case fail
    }

    /// What follows an answer that is cut at its bound of tokens.
    package enum OnLength: String, Sendable, CaseIterable {
        /// It stays as it is.
        case keep
        /// The request once more, with a bound twice as high.
        case more
    }

    /// What follows one piece over and over.
    package enum OnLoop: String, Sendable, CaseIterable {
        /// The answer is taken, and its report tells of it.
        case mark
        /// The stream is closed, and the request sent again, at a higher temperature where it has one.
        case stop
    }

    /// What a right answer is, for jobs that do not say; nil for any answer.
    package var check: AnswerCheck?
    package var onInvalid = OnInvalid.again
    /// The most answers of a job in all, right and wrong; at least 1.
    package var maximumAnswers = 3
    package var onLength = OnLength.keep
    package var loops = OnLoop.mark
    /// The program that says which answers are right; nil where there is none.
    package var judge: (any AnswerJudge)?
    /// How long it may take for an answer; told where it took longer.
    package var judgeTimeout: Duration = .seconds(60)

    package init() {}

    /// Whether any answer of a job without a check is taken as it comes.
    var takesAny: Bool { check == nil && judge == nil && onLength == .keep && loops == .mark }

    /// How often a job whose model repeats itself is sent again.
    static let maximumLoops = 2
    /// How much warmer each of those requests is, and how warm at most.
    static let loopTemperature = (step: 0.3, most: 1.0)
}
