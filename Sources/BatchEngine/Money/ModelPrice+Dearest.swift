import LLMStreaming

extension ModelPrice {
    /// The most that a token of input and one of output can cost in a request.
    ///
    /// A tier that is asked for may be served as the standard one, an hour may become a dearer one while the answer is
    /// made, and a request may turn out shorter or up to as long as it is thought to be.
    ///
    /// - Parameters:
    ///   - prompt: the most tokens of its input.
    ///   - tier: the one that is asked for.
    ///   - keepsCache: whether it may write to a cache that keeps it for an hour, and for twelve.
    func dearest(
        upTo prompt: Int, _ tier: PriceTier, keepsCache: (oneHour: Bool, twelveHours: Bool) = (false, false)
    ) -> (input: Double, output: Double) {
        let ofRates = rates.keys.map { includesThresholds ? $0.threshold : $0.threshold + 1 }
        let ofRanges = ranges.map { NumberGate.counts.clamped($0.lower) + 1 }
        let lengths = Set(ofRates + ofRanges).filter { $0 > 1 && $0 <= prompt }
        var most = (input: 0.0, output: 0.0)
        for length in lengths.union([1]) {
            for tier in Set([tier, .standard]) {
                let rates = rates(for: length, tier)
                most.input = max(most.input, rates.input, rates.cacheWrite, rates.cachedInput)
                if keepsCache.oneHour { most.input = max(most.input, rates.cacheWriteOneHour) }
                if keepsCache.twelveHours { most.input = max(most.input, rates.cacheWriteTwelveHours) }
                most.output = max(most.output, rates.output, rates.reasoning)
            }
        }
        return most
    }
}

extension ClosedRange<Int> {
    /// The whole number of the range that is nearest below.
    fileprivate func clamped(_ value: Double) -> Int {
        Int(value.clamped(to: Double(lowerBound)...Double(upperBound)))
    }
}
