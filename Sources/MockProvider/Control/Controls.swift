import NIOCore
import Synchronization

/// What can change while the server runs.
final class Controls: Sendable {
    let limiter: RateLimiter
    let listener: Listener
    /// What the server can do at once; nil where that is not limited.
    let capacity: CapacityScheduler?
    private let defaultBehavior: Mutex<MockBehavior>
    /// In descending order: the next one is the last.
    private let scheduled: Mutex<[ScheduledControl]>

    /// - Parameter loop: The event loop of the capacity's timer.
    init(_ configuration: MockConfiguration, listener: Listener, loop: any EventLoop) {
        limiter = RateLimiter(configuration.rateLimits)
        self.listener = listener
        capacity = configuration.capacity.map { CapacityScheduler($0, loop: loop) }
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
        if !settings.capacity.isEmpty { capacity?.change { settings.capacity.apply(to: &$0) } }
        if let form = settings.outageForm { listener.setOutageForm(form) }
        switch settings.outage {
        case .begins(let duration): listener.goDown(for: duration, sparing: connection)
        case .ends: listener.comeUp()
        case nil: break
        }
    }
}

/// A change of a running server, as a value: `rpm=300,tpm=20000`, `down=3s`, `behavior=status=402`.
package struct ControlSettings: Sendable, Hashable {
    /// What an outage does with a new connection.
    package enum OutageForm: String, Sendable, Hashable, CaseIterable {
        /// The port is closed.
        case refuse
        /// The connection is accepted and reset.
        case reset
    }

    package enum Outage: Sendable, Hashable {
        case begins(Duration)
        case ends
    }

    /// Requests a minute; zero is no limit.
    package var requestsPerMinute: Int?
    /// Tokens a minute; zero is no limit.
    package var tokensPerMinute: Int?
    package var burst: Duration?
    package var capacity = CapacityChange()
    package var outage: Outage?
    package var outageForm: OutageForm?
    package var behavior: MockBehavior?

    package init() {}

    /// Reads settings joined with `,`.
    package init(parsing text: String) throws(InvalidBehaviorOption) {
        for part in text.split(separator: ",") {
            let item = part.trimmingSpaces()
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = ControlOption(rawValue: String(pair[0])) else {
                throw InvalidBehaviorOption(option: String(item), reason: "no such setting")
            }
            let value = OptionValue(option: String(item), text: pair.count > 1 ? String(pair[1]) : nil)
            switch option {
            case .rpm: requestsPerMinute = try value.integer()
            case .tpm: tokensPerMinute = try value.integer()
            case .burst: burst = try value.duration()
            case .slots, .queue, .cacheblocks, .prefillrate, .decoderate, .totalrate:
                try capacity.set(option, to: value)
            case .down: outage = .begins(try value.duration())
            case .up: try value.flag { outage = .ends }
            case .outage: outageForm = try value.choice(OutageForm.self)
            case .behavior: behavior = try MockBehavior(parsing: value.text ?? "")
            }
        }
    }
}

extension ControlSettings {
    /// Throws where these settings are none of a server, because its capacity is not limited.
    package func check(hasCapacity: Bool) throws(InvalidBehaviorOption) {
        guard !hasCapacity, !capacity.isEmpty else { return }
        throw InvalidBehaviorOption(
            option: "slots, queue and so on", reason: "this server was started without a limit of what it does at once")
    }
}

/// The settings that can change while the server runs: the one place that defines them.
package enum ControlOption: String, CaseIterable, Sendable {
    case rpm, tpm, burst, slots, queue, cacheblocks, prefillrate, decoderate, totalrate, down, up, outage, behavior

    /// One line of help: the setting with its value's form, and what it does.
    package var help: (form: String, meaning: String) {
        switch self {
        case .rpm: ("rpm=N", "requests a minute for each key; 0 is no limit")
        case .tpm: ("tpm=N", "tokens a minute for each key, of prompts and answers; 0 is no limit")
        case .burst: ("burst=DURATION", "how much of its rate may come in one instant (default 3s)")
        case .slots: ("slots=N", "requests that are worked on at once, of a server with --slots or its like")
        case .queue: ("queue=N|endless", "requests that may wait for a slot; one more gets 503")
        case .cacheblocks: ("cacheblocks=N", "blocks of 16 tokens in the cache")
        case .prefillrate: ("prefillrate=N", "prompt tokens a second of all requests; 0 takes no time")
        case .decoderate: ("decoderate=N", "tokens a second of one stream; 0 is no limit")
        case .totalrate: ("totalrate=N", "tokens a second of all streams together; 0 is no limit")
        case .down: ("down=DURATION", "an outage of this length begins: all connections are reset, new ones refused")
        case .up: ("up", "the outage ends")
        case .outage: ("outage=refuse|reset", "whether an outage refuses connections (default) or resets them")
        case .behavior:
            ("behavior=OPTIONS", "the behaviour of every request, its options joined with '+'; may be empty")
        }
    }
}

/// A change that is made after a number of requests, before the next one.
package struct ScheduledControl: Sendable, Hashable {
    /// How many requests are received before the change.
    package let requests: Int
    package let settings: ControlSettings

    package init(after requests: Int, _ settings: ControlSettings) {
        self.requests = requests
        self.settings = settings
    }

    /// Reads `N:SETTINGS`.
    package init(parsing text: String) throws(InvalidBehaviorOption) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let requests = Int(parts[0]), requests >= 0 else {
            throw InvalidBehaviorOption(option: text, reason: "needs the form N:SETTINGS")
        }
        self.init(after: requests, try ControlSettings(parsing: String(parts[1])))
    }
}
