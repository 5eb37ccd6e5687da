import NIOCore
import Synchronization

/// What can change while the server runs.
final class Controls: Sendable {
    let limiter: RateLimiter
    let listener: Listener
    private let defaultBehavior: Mutex<MockBehavior>
    /// In descending order: the next one is the last.
    private let scheduled: Mutex<[ScheduledControl]>

    init(_ configuration: MockConfiguration, listener: Listener) {
        limiter = RateLimiter(configuration.rateLimits)
        self.listener = listener
        defaultBehavior = Mutex(configuration.defaultBehavior)
        scheduled = Mutex(configuration.scheduledControls.sorted { $0.requests > $1.requests })
    }

    /// The behaviour to which a request's options are applied.
    var behavior: MockBehavior { defaultBehavior.withLock { $0 } }

    /// Makes the changes that are due before the request of this number.
    func requestReceived(number: Int) {
        let due = scheduled.withLock { scheduled in
            var due: [ScheduledControl] = []
            while let next = scheduled.last, next.requests <= number { due.append(scheduled.removeLast()) }
            return due
        }
        for change in due { apply(change.settings) }
    }

    /// Makes a change; an outage spares the connection that asked for it.
    func apply(_ settings: ControlSettings, from connection: Int? = nil) {
        if let behavior = settings.behavior { defaultBehavior.withLock { $0 = behavior } }
        limiter.change(now: .now()) { limits in
            if let number = settings.requestsPerMinute { limits.requestsPerMinute = number == 0 ? nil : number }
            if let number = settings.tokensPerMinute { limits.tokensPerMinute = number == 0 ? nil : number }
            if let burst = settings.burst { limits.burst = burst }
        }
        if let form = settings.outageForm { listener.setOutageForm(form) }
        switch settings.outage {
        case .begins(let duration): listener.goDown(for: duration, sparing: connection)
        case .ends: listener.comeUp()
        case nil: break
        }
    }
}
