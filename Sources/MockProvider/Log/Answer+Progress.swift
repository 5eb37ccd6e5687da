extension Answer {
    /// What the first chunks of the answer hold: the first choice's text, and the tokens of all.
    func progress(chunks: Int) -> (text: String, tokens: Int) {
        var steps = AnswerSteps(self)
        var text = ""
        var tokens = 0
        var sent = 0
        var reasoned = 0
        var chunksOfChoice = [Int](repeating: 0, count: choices.count)
        while sent < chunks, let step = steps.next() {
            guard step.isContent else { continue }
            sent += 1
            switch step {
            case .reasoning:
                tokens += tokensOfChunk(reasoned, of: reasoning?.count ?? 0)
                reasoned += 1
            case .text(let choice, let piece), .refusal(let choice, let piece):
                if choice == 0 { text += piece }
                tokens += tokensOfChunk(chunksOfChoice[choice], of: choices[choice].content.tokens)
                chunksOfChoice[choice] += 1
            default: tokens += 1
            }
        }
        return (text, tokens)
    }

    private func tokensOfChunk(_ index: Int, of total: Int) -> Int {
        min(wordsPerChunk, total - index * wordsPerChunk)
    }
}
