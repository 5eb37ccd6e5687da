@testable import BatchEngine

/// Servers with caches, and jobs that are sent to them as `FreshJobs` says or in turn: events in virtual time.
struct PrefixSimulation {
    enum Policy {
        case inTurn
        case by(EndpointChoice.Order)
    }

    private enum Event {
        case first(job: Int, server: Int, attempt: Int)
        case end(job: Int, server: Int, attempt: Int)
        case dies(Int)
        case comesBack(Int)
        case look
    }

    var servers: [CachingServer]
    let prompts: [SimulatedPrompt]
    let policy: Policy
    /// A server that is killed, and when it is back.
    var outage: (server: Int, from: Double, to: Double)?
    /// How many jobs are read ahead.
    var mostAtHand = 4096

    private(set) var makespan = 0.0
    /// The jobs in the order in which they were sent, each time.
    private(set) var sent: [(job: Int, server: Int, time: Double)] = []
    private(set) var ended: Set<Int> = []

    private var fresh: FreshJobs
    private var events = EventQueue<Event>()
    private var now = 0.0
    private var read = 0
    private var attempts: [Int]
    private var dead: Set<Int> = []
    private var lastStarts: [Int]
    private var nextLook: Duration?

    init(_ servers: [CachingServer], _ prompts: [SimulatedPrompt], _ policy: Policy) {
        (self.servers, self.prompts, self.policy) = (servers, prompts, policy)
        if case .by(let order) = policy { fresh = FreshJobs(order) } else { fresh = FreshJobs(.input) }
        attempts = Array(repeating: 0, count: prompts.count)
        lastStarts = Array(repeating: 0, count: servers.count)
    }

    /// The tokens of prompts that servers read.
    var computedTokens: Int { servers.reduce(0) { $0 + $1.computedTokens } }

    /// The fewest: each piece once, and every job's own end.
    var leastTokens: Int {
        var pieces: [Int: Int] = [:]
        for prompt in prompts { for piece in prompt.pieces { pieces[piece.number] = piece.tokens } }
        return pieces.values.reduce(0, +) + prompts.reduce(0) { $0 + $1.ownTokens }
    }

    /// How often the least is read.
    var ratio: Double { Double(computedTokens) / Double(leastTokens) }

    mutating func run() {
        if let outage {
            events.add(.dies(outage.server), at: outage.from)
            events.add(.comesBack(outage.server), at: outage.to)
        }
        send()
        while let (event, time) = events.next() {
            now = time
            handle(event)
            send()
        }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .first(let job, let server, let attempt) where attempts[job] == attempt:
            servers[server].cache(prompts[job])
            fresh.answered(Int64(job))
        case .end(let job, let server, let attempt) where attempts[job] == attempt:
            servers[server].end()
            fresh.ended(Int64(job))
            ended.insert(job)
            makespan = now
        case .dies(let server):
            dead.insert(server)
            fresh.forget(server)
            for (job, at, _) in sent where at == server && !ended.contains(job) {
                attempts[job] += 1
                fresh.ended(Int64(job))
                fresh.putBack(Self.job(job, prompts[job]))
            }
        case .comesBack(let server):
            dead.remove(server)
            servers[server].restart(at: now)
        case .look, .first, .end: break
        }
    }

    private mutating func send() {
        while fresh.count < mostAtHand / 2, read < prompts.count {
            let next = read..<min(prompts.count, read + mostAtHand / 2)
            fresh.add(next.map { Self.job($0, prompts[$0]) })
            read = next.upperBound
        }
        while true {
            let free = servers.indices.filter { !dead.contains($0) && servers[$0].running < servers[$0].slots }.map {
                EndpointLoad(
                    index: $0, running: servers[$0].running, width: Double(servers[$0].slots), lastStart: lastStarts[$0]
                )
            }
            if free.isEmpty { return }
            switch fresh.next(free, at: .seconds(now)) {
            case .send(let group, let endpoint):
                let server = server(instead: endpoint, free)
                guard let job = fresh.take(group, for: server, at: .seconds(now)) else { return }
                start(Int(job.id), at: server)
            case .wait(let until):
                guard let until, until != nextLook else { return }
                nextLook = until
                return events.add(.look, at: until / .seconds(1))
            }
        }
    }

    private func server(instead endpoint: Int, _ free: [EndpointLoad]) -> Int {
        guard case .inTurn = policy else { return endpoint }
        return free.min { $0.lastStart < $1.lastStart }?.index ?? endpoint
    }

    private mutating func start(_ job: Int, at server: Int) {
        sent.append((job, server, now))
        lastStarts[server] = sent.count
        let times = servers[server].begin(prompts[job], at: now)
        events.add(.first(job: job, server: server, attempt: attempts[job]), at: times.first)
        events.add(.end(job: job, server: server, attempt: attempts[job]), at: times.end)
    }

    static func job(_ number: Int, _ prompt: SimulatedPrompt) -> Job {
        Job(
            id: Int64(number), customID: "", source: "", line: nil, provider: "p", model: "m", requestSHA256: "",
            request: prompt.request(number))
    }
}

/// Events by their time; those of the same time in the order in which they were added.
private struct EventQueue<Event> {
    private var heap: [(time: Double, number: Int, event: Event)] = []
    private var count = 0

    mutating func add(_ event: Event, at time: Double) {
        count += 1
        heap.append((time, count, event))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (Event, Double)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let last = heap.removeLast()
        var parent = 0
        while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < heap.count }).min(by: isBefore),
            isBefore(child, parent)
        {
            heap.swapAt(child, parent)
            parent = child
        }
        return (last.event, last.time)
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        (heap[first].time, heap[first].number) < (heap[second].time, heap[second].number)
    }
}
