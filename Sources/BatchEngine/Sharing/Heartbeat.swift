/// A worker's sign of life in a shared folder: a file whose name changes (Contract, "Shared folders").
///
/// `alive.9f3c2a1b5d7e8f60.30000.17`: the worker, the milliseconds between two of its signs, and their number;
/// `ended.9f3c2a1b5d7e8f60` once it has ended. A listing alone tells it, and no clock is read.
package struct Heartbeat: Sendable, Hashable {
    package enum Sign: Sendable, Hashable {
        /// The number of the sign, and how long after it the next one comes.
        case alive(number: Int, interval: Duration)
        case ended
    }

    package let worker: WorkerName
    package let sign: Sign

    /// What intervals may be.
    package static let milliseconds = 1...86_400_000

    package init(worker: WorkerName, _ sign: Sign) {
        self.worker = worker
        self.sign = sign
    }

    /// Reads the name of a file; nil for one that is none.
    package init?(_ text: String) {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count >= 2, let worker = WorkerName(words[1]) else { return nil }
        switch (words[0], words.count) {
        case ("ended", 2): self.init(worker: worker, .ended)
        case ("alive", 4):
            guard let interval = JobShard.number(words[2]), Self.milliseconds.contains(interval),
                let number = JobShard.number(words[3])
            else { return nil }
            self.init(worker: worker, .alive(number: number, interval: .milliseconds(interval)))
        default: return nil
        }
    }

    /// The file's name.
    package var text: String {
        switch sign {
        case .ended: "ended.\(worker.text)"
        case .alive(let number, let interval):
            "alive.\(worker.text).\(Int(interval / .milliseconds(1))).\(number)"
        }
    }
}
