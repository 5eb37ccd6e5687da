/// What an endpoint gave over some seconds: bytes a second, and the streams that were open and that answered.
struct Throughput: Sendable {
    /// How many seconds it is the mean of.
    private(set) var seconds = 0.0
    private(set) var streams = Mean()
    private(set) var answering = Mean()
    private(set) var bytes = Mean()
    /// What all open streams would write together if all of them answered.
    ///
    /// Where first tokens take long, those that answer come and go in waves, which this does not follow.
    private(set) var potential = Mean()

    private var last: Double?
    /// The sum of the differences of a second's bytes from those of the second before it.
    private var differences = 0.0

    /// A mean, and how much single seconds differ from it.
    struct Mean: Sendable {
        fileprivate(set) var value = 0.0
        /// The sum of the squared distances from it, each as long as it lasted.
        fileprivate var squares = 0.0

        fileprivate mutating func add(_ next: Double, over time: Double, of seconds: Double) {
            let distance = next - value
            value += distance * time / seconds
            squares += distance * (next - value) * time
        }
    }

    /// Whether those that answer come and go, as they do not where slots are full.
    var isWavy: Bool { (answering.squares / max(1, seconds)).squareRoot() > 0.06 * answering.value }

    /// By what part something is more than before, and how far that may be wrong: the standard error.
    struct Change: Sendable {
        var part: Double
        var error: Double
    }

    /// A few seconds may be alike by chance: single ones are taken to differ by two parts of a hundred at least.
    private static let leastSpread = 0.02 * 0.02

    /// Adds what was seen in some time.
    ///
    /// - Parameters:
    ///   - rate: bytes a second.
    ///   - time: seconds.
    ///   - memory: seconds, of which older ones are forgotten.
    mutating func add(_ sample: EndpointSample, rate: Double, over time: Double, memory: Double = .infinity) {
        if seconds > max(0, memory - time) {
            let kept = max(0, memory - time)
            for mean in [\Self.streams, \Self.answering, \Self.bytes, \Self.potential] {
                self[keyPath: mean].squares *= kept / seconds
            }
            differences *= kept / seconds
            seconds = kept
        }
        seconds += time
        if let last { differences += abs(rate - last) * time }
        last = rate
        let open = Double(sample.open)
        streams.add(open, over: time, of: seconds)
        answering.add(Double(sample.answering), over: time, of: seconds)
        bytes.add(rate, over: time, of: seconds)
        potential.add(rate / Double(max(1, sample.answering)) * open, over: time, of: seconds)
    }

    /// By what part of the mean the bytes of a second differ: 0.02 of many even streams, a half and more of a few that get
    /// their text in lumps.
    ///
    /// Told from each second and the one before it, and not by squares, so that a change which stays counts little. The
    /// mean difference of two numbers is 1.13 standard deviations.
    var spread: Double { seconds > 0 ? differences / seconds / 1.13 / max(1e-3, bytes.value) : 0 }

    /// About how many seconds pass between two lumps of a stream; 1 where text comes evenly.
    var lumpSeconds: Double { 1 + spread * spread * streams.value }

    /// How a mean has changed.
    func change(of mean: KeyPath<Throughput, Mean>, from before: Throughput) -> Change {
        let (new, old) = (self[keyPath: mean], before[keyPath: mean])
        let (value, valueBefore) = (max(1e-3, new.value), max(1e-3, old.value))
        let spread =
            (new.squares / (value * value) + old.squares / (valueBefore * valueBefore)) / (seconds + before.seconds)
        let error = (max(Self.leastSpread, spread) * (1 / seconds + 1 / before.seconds)).squareRoot()
        return Change(part: value / valueBefore - 1, error: error * value / valueBefore)
    }
}
