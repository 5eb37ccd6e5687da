import Synchronization

/// How long the end of a run waits for something that may never come.
enum Deadline {
    /// Whether something is done in time; else it goes on alone.
    ///
    /// - Parameters:
    ///   - limit: how long it may take, and again as long whenever it has come further.
    ///   - progress: how far it came, as a number that changes.
    ///   - patience: ends the waiting before its time.
    static func isMet(
        within limit: Duration = .seconds(60), progress: @escaping @Sendable () -> Int = { 0 },
        patience: EndPatience = EndPatience(), _ body: @escaping @Sendable () async -> Void
    ) async -> Bool {
        let answer = FirstAnswer()
        return await withCheckedContinuation { continuation in
            answer.wait(continuation)
            patience.wait { answer.give(false) }
            // Asked behind that: who loses patience in between is heard too.
            let limit = patience.isShort ? min(limit, .seconds(5)) : limit
            let timer = Task {
                var seen = progress()
                while true {
                    do { try await Task.sleep(for: limit) } catch { return }
                    let now = progress()
                    if now == seen { break }
                    seen = now
                }
                answer.give(false)
            }
            Task {
                await body()
                answer.give(true)
                timer.cancel()
            }
        }
    }
}

/// How long whoever waits for the end of a run is willing to.
final class EndPatience: Sendable {
    private let state = Mutex<(isShort: Bool, giveUp: (@Sendable () -> Void)?)>((false, nil))

    /// Whether it was asked for before the waiting began: what answers at once is then still done.
    var isShort: Bool { state.withLock { $0.isShort } }

    /// Ends the waiting, now or as soon as it begins and something does not answer at once.
    func lose() {
        let giveUp = state.withLock { state in
            state.isShort = true
            return state.giveUp
        }
        giveUp?()
    }

    /// Takes what ends the waiting.
    fileprivate func wait(_ giveUp: @escaping @Sendable () -> Void) { state.withLock { $0.giveUp = giveUp } }
}

/// What two tasks that nobody waits for tell, whichever is the first.
private final class FirstAnswer: Sendable {
    private let waiting = Mutex<CheckedContinuation<Bool, Never>?>(nil)

    func wait(_ continuation: CheckedContinuation<Bool, Never>) { waiting.withLock { $0 = continuation } }

    func give(_ answer: Bool) { waiting.withLock { $0.take() }?.resume(returning: answer) }
}
