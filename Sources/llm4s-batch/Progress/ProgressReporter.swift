import BatchEngine
import Foundation
import Synchronization

/// Shows a run's progress on standard error until it is cancelled: redrawn on a terminal, else a line now and then.
struct ProgressReporter: Sendable {
    /// How the mode `auto` was decided.
    enum Style: Sendable {
        case redrawn, json, none
        /// A line each so many seconds.
        case lines(every: Int)
    }

    var style: Style
    var events: EventLog
    /// The jobs that are left in scope, as far as they are known.
    var total: @Sendable () -> Int
    var snapshot: @Sendable () async -> RunSnapshot
    /// Called each second with where the run stands, and whether it is the last one: the row of `run_seconds`.
    var record: @Sendable (_ snapshot: RunSnapshot, _ isLast: Bool) -> Void

    init(
        mode: ProgressMode, events: EventLog, total: @escaping @Sendable () -> Int,
        snapshot: @escaping @Sendable () async -> RunSnapshot,
        record: @escaping @Sendable (_ snapshot: RunSnapshot, _ isLast: Bool) -> Void
    ) {
        switch mode {
        case .auto: style = Console.isErrorTerminal && Console.isPainting ? .redrawn : .lines(every: 10)
        case .bar: style = .redrawn
        case .plain: style = .lines(every: 1)
        case .json: style = .json
        case .none: style = .none
        }
        self.events = events
        if case .redrawn = style { Console.style.withLock { $0.isRedrawn = true } }
        self.total = total
        self.snapshot = snapshot
        self.record = record
    }

    func run() async {
        var rates = ProgressRates()
        var second = 0
        while true {
            try? await Task.sleep(for: .seconds(1))
            if Task.isCancelled { break }
            second += 1
            let snapshot = await snapshot()
            rates.add(snapshot)
            record(snapshot, false)
            show(snapshot, rates, second)
        }
        // Taken once all has ended: what came since the last second is of the run too.
        record(await snapshot(), true)
        end()
    }

    private func end() {
        if case .redrawn = style {
            Console.style.withLock { $0.isRedrawn = false }
            Console.errorText("\r\u{1B}[K")
        }
    }

    private func show(_ snapshot: RunSnapshot, _ rates: ProgressRates, _ second: Int) {
        let line = ProgressLine(
            total: total(), jobsPerSecond: rates.jobsPerSecond, tokensPerSecond: rates.tokensPerSecond)
        let now = UnixTime.milliseconds
        let text = line.text(snapshot, now: now)
        switch style {
        case .redrawn:
            let bar = line.bar(snapshot, now: now, width: (Console.errorWidth ?? 80) - 1)
            Console.errorText("\r\u{1B}[K" + bar)
        case .json:
            events.progress(snapshot, total: total(), rates: rates)
        case .lines(let interval): if second % interval == 0 { Console.error(text) }
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
        let jobs = Double(snapshot.completed + snapshot.failed - last.completed - last.failed)
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
