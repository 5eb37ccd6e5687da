/// One connection of a user to the worker: a line comes, a line goes, and that is its end.
///
/// A value that touches no socket: it says what is waited for, and until when.
struct ControlConnection: Sendable {
    /// The bounds of all connections together and of each: whoever connects cannot take more of the worker.
    struct Limits: Sendable {
        /// Those that are open at once; others are told to come again.
        var connections = 16
        /// The bytes of a line.
        var lineBytes = 1 << 20
        /// How long a line may take to come, and its answer to be taken.
        var patience = Duration.seconds(5)
    }

    /// What is waited for.
    private(set) var phase = Phase.reading
    /// When it is given up; nil while the worker works on it.
    private(set) var deadline: ContinuousClock.Instant?
    private var bytes: [UInt8] = []
    private var position = 0
    private let limits: Limits

    enum Phase: Sendable {
        /// Its line has not come whole.
        case reading
        /// The command is done.
        case working
        /// The answer has not been taken whole.
        case writing
        /// It is over.
        case ended
    }

    init(_ limits: Limits, at now: ContinuousClock.Instant) {
        self.limits = limits
        deadline = now + limits.patience
    }

    /// Takes bytes that came; none at the end of what the user says.
    ///
    /// - Returns: the line, once it is whole; nothing behind it is looked at.
    mutating func received(_ new: [UInt8], at now: ContinuousClock.Instant) -> [UInt8]? {
        guard phase == .reading else { return nil }
        guard !new.isEmpty else {
            phase = .ended
            return nil
        }
        let end = new.firstIndex(of: 0x0A)
        bytes += new[..<(end ?? new.endIndex)]
        guard bytes.count <= limits.lineBytes else {
            answer(ControlFault.usage("a command has at most \(limits.lineBytes) bytes").json.bytes, at: now)
            return nil
        }
        guard end != nil else { return nil }
        (phase, deadline) = (.working, nil)
        defer { bytes = [] }
        return bytes
    }

    /// Begins to answer, whatever it waited for.
    mutating func answer(_ line: [UInt8], at now: ContinuousClock.Instant) {
        (phase, deadline) = (.writing, now + limits.patience)
        (bytes, position) = (line + [0x0A], 0)
    }

    /// The part of the answer that was not taken.
    var unwritten: ArraySlice<UInt8> { bytes[position...] }

    /// Notes that so much of the answer was taken; nil where nobody takes any more.
    mutating func wrote(_ count: Int?) {
        position += count ?? 0
        if count == nil || position == bytes.count { phase = .ended }
    }

    /// Gives it up where its time is over.
    mutating func look(at now: ContinuousClock.Instant) {
        if let deadline, deadline <= now { phase = .ended }
    }
}
