import Testing

@testable import BatchEngine

/// What finding the next job costs: printed, since a test cannot know how fast its machine is.
struct PrefixCostTests {
    @Test func theCostOfAJobIsPrinted() {
        let jobs = 40_000
        print("microseconds a job, with everything from adding it to its end:")
        for (name, endpoints, groups, order) in [
            ("one endpoint, order of the input", 1, 1, EndpointChoice.Order.input),
            ("64 endpoints, order of the input", 64, 1, .input),
            ("one endpoint, 100,000 prefixes", 1, 100_000, .prefix(warmsFirst: true)),
            ("64 endpoints, 100,000 prefixes", 64, 100_000, .prefix(warmsFirst: true)),
            ("64 endpoints, 1,000 prefixes", 64, 1000, .prefix(warmsFirst: true)),
            ("64 endpoints, one prefix", 64, 1, .prefix(warmsFirst: true)),
        ] {
            var work = PrefixWork(endpoints: endpoints, groups: groups, order: order)
            let time = ContinuousClock().measure { work.run(jobs) }
            #expect(work.ended == jobs)
            print("  \(name): \(microseconds(time / jobs))")
        }
    }

    @Test func theCostOfAChainIsPrinted() {
        print("microseconds a chain:")
        for bytes in [500, 2000, 24_000, 1_000_000] {
            let text = String(repeating: "What is the capital of Peru? ", count: bytes / 29)
            let request = Array(#"{"options":{"max_tokens":9},"prompt":"\#(text)"}"#.utf8)
            let repeats = 2_000_000 / bytes
            var levels = 0
            let time = ContinuousClock().measure {
                for _ in 0..<repeats { levels += PrefixChain(request: request).count }
            }
            #expect(levels == repeats * (bytes < 1024 ? 0 : bytes < 2048 ? 1 : bytes < 32_768 ? 5 : 8))
            print("  \(request.count) bytes: \(microseconds(time / repeats))")
        }
    }

    private func microseconds(_ time: Duration) -> Double { (time / .nanoseconds(10)).rounded() / 100 }
}

/// Jobs that are added, sent, answered and ended one after another.
private struct PrefixWork {
    let endpoints: Int
    let groups: Int
    var fresh: FreshJobs
    private(set) var ended = 0
    private var open: [(job: Int64, endpoint: Int)] = []
    private var loads: [EndpointLoad]
    private var random = SeededRandom(seed: 3)

    init(endpoints: Int, groups: Int, order: EndpointChoice.Order) {
        (self.endpoints, self.groups, fresh) = (endpoints, groups, FreshJobs(order))
        loads = (0..<endpoints).map { EndpointLoad(index: $0, running: 0, width: 1024 / Double(endpoints)) }
    }

    mutating func run(_ jobs: Int) {
        open.reserveCapacity(jobs)
        var (added, answered, now) = (0, 0, Duration.zero)
        while ended < jobs {
            while added < jobs, fresh.count < 4096 {
                add(added)
                added += 1
            }
            now += .milliseconds(1)
            if open.count - ended < 1024, send(at: now) { continue }
            // The first tokens come in the order of the requests, and the ends too.
            while answered < min(open.count, ended + 900) {
                fresh.answered(open[answered].job)
                answered += 1
            }
            end(open[ended])
        }
    }

    private mutating func add(_ number: Int) {
        let job = Job(
            id: Int64(number), customID: "", source: "", line: nil, provider: "p", model: "m", requestSHA256: "",
            request: [])
        // A header that all share, and a document each.
        let group = UInt64.random(in: 0..<UInt64(groups), using: &random)
        fresh.add(job, fresh.order == .input ? .none : PrefixChain(levels: [1, 2] + (3..<6).map { group << 3 | $0 }))
    }

    private mutating func send(at now: Duration) -> Bool {
        guard case .send(let group, let endpoint) = fresh.next(loads, at: now),
            let job = fresh.take(group, for: endpoint, at: now)
        else { return false }
        open.append((job.id, endpoint))
        loads[endpoint].running += 1
        loads[endpoint].lastStart = open.count
        return true
    }

    private mutating func end(_ stream: (job: Int64, endpoint: Int)) {
        fresh.ended(stream.job)
        loads[stream.endpoint].running -= 1
        ended += 1
    }
}
