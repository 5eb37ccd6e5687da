/// How much an endpoint has to do that may take one more stream.
struct EndpointLoad: Sendable, Equatable {
    /// Its number among its provider's endpoints, from 0.
    var index: Int
    /// Its open streams.
    var running: Int
    /// How many streams it is meant to have; above 0.
    var width: Double
    /// When it was last sent something: the attempt's number among all of the run.
    var lastStart: Int

    init(index: Int, running: Int, width: Double, lastStart: Int = 0) {
        self.index = index
        self.running = running
        self.width = width
        self.lastStart = lastStart
    }

    /// Whether it has less to do than another for its width; where both have the same, whether it was idle for longer.
    func isLess(than other: EndpointLoad) -> Bool {
        let (own, others) = (Double(running) * other.width, Double(other.running) * width)
        if own != others { return own < others }
        return (lastStart, index) < (other.lastStart, other.index)
    }

    /// Whether it is ahead of another by more streams than a common beginning is worth.
    func isTooFarAhead(of other: EndpointLoad) -> Bool {
        Double(running) - Double(other.running) * width / other.width > Self.mostAhead
    }

    /// How many streams more than the least loaded endpoint, by share of its width, one may have for what it holds.
    ///
    /// Four servers with 72 streams each (`PrefixSimulation`), 50 prefixes with 40 jobs: 12 read 1.06 of the fewest tokens
    /// of prompts, 24 1.05, 48 none twice, but the run takes 3 % longer; 6 prefixes with 300 jobs: without a bound 28 %.
    static let mostAhead = 24.0
}

extension Sequence<EndpointLoad> {
    /// The one with the least to do; nil where none is.
    func leastLoaded(where isWanted: (EndpointLoad) -> Bool = { _ in true }) -> EndpointLoad? {
        var least: EndpointLoad?
        for load in self where isWanted(load) {
            if let known = least, !load.isLess(than: known) { continue }
            least = load
        }
        return least
    }
}
