import BatchEngine
import LLM4SBatch
import Synchronization

/// Shows a run's progress on standard error, each second: redrawn on a terminal, else a line now and then.
final class ProgressReporter: Sendable {
    /// How the mode `auto` was decided.
    private enum Style: Sendable {
        case redrawn, json, none
        /// A line each so many seconds.
        case lines(every: Int)
    }

    private struct State {
        var rates = ProgressRates()
        var second = 0
        /// The jobs that are left in scope, as far as they are known.
        var left: @Sendable () -> Int = { 0 }
    }

    private let style: Style
    private let events: EventLog
    private let state = Mutex(State())

    init(mode: ProgressMode, events: EventLog) {
        style =
            switch mode {
            case .auto: Console.isErrorTerminal && Console.isPainting ? .redrawn : .lines(every: 10)
            case .bar: .redrawn
            case .plain: .lines(every: 1)
            case .json: .json
            case .none: .none
            }
        self.events = events
    }

    /// Begins.
    ///
    /// - Parameter left: tells how many jobs are left in scope.
    func begin(_ left: @escaping @Sendable () -> Int) {
        if case .redrawn = style { Console.style.withLock { $0.isRedrawn = true } }
        state.withLock { $0.left = left }
    }

    /// Ends: the line that was redrawn is taken away.
    func end() {
        guard case .redrawn = style else { return }
        Console.style.withLock { $0.isRedrawn = false }
        Console.errorText("\r\u{1B}[K")
    }

    /// Shows where the run stands, each second.
    func show(_ snapshot: RunSnapshot) {
        let (rates, second, left) = state.withLock { state in
            state.rates.add(snapshot)
            state.second += 1
            return (state.rates, state.second, state.left)
        }
        let total = left()
        let line = ProgressLine(
            total: total, jobsPerSecond: rates.jobsPerSecond, tokensPerSecond: rates.tokensPerSecond)
        let now = TimeOfDay.unixMilliseconds
        switch style {
        case .redrawn:
            let bar = line.bar(snapshot, now: now, width: (Console.errorWidth ?? 80) - 1)
            Console.errorText("\r\u{1B}[K" + bar)
        case .json: events.progress(snapshot, total: total, rates: rates)
        case .lines(let interval): if second % interval == 0 { Console.error(line.text(snapshot, now: now)) }
        case .none: break
        }
    }
}

/// Rates of a run, smoothed over about ten seconds.
struct ProgressRates {
    private var last = RunSnapshot()
    private var bytesPerSecond = 0.0
    private(set) var jobsPerSecond: Double?
    private(set) var chunksPerSecond = 0.0
    private(set) var tokensPerSecond = 0.0

    /// Takes the snapshot of the next second.
    mutating func add(_ snapshot: RunSnapshot) {
        let jobs = Double(snapshot.ended - last.ended)
        let chunks = Double(snapshot.chunks - last.chunks)
        if let rate = jobsPerSecond {
            jobsPerSecond = rate + (jobs - rate) * 0.1
        } else if jobs > 0 {
            jobsPerSecond = jobs
        }
        chunksPerSecond = last.chunks == 0 ? chunks : chunksPerSecond + (chunks - chunksPerSecond) * 0.2
        let bytes = Double(snapshot.bytes - last.bytes)
        bytesPerSecond = last.bytes == 0 ? bytes : bytesPerSecond + (bytes - bytesPerSecond) * 0.2
        tokensPerSecond = bytesPerSecond * snapshot.output.perByte
        last = snapshot
    }
}
