import LLMStreaming
import Testing

@testable import BatchEngine

/// The width that is found on simulated servers, in their own time.
struct WidthFinderTests {
    @Test(arguments: FleetCase.slots)
    func aServerWithSlotsAndAQueueIsFilledAndNoMore(server: FleetCase) { check(server) }

    @Test(arguments: FleetCase.others)
    func aServerGivesAboutWhatItDoesWithTheBestFixedWidth(server: FleetCase) { check(server) }

    private func check(_ server: FleetCase) {
        var (found, fixed) = (SimulatedServer(plan: server.plan, seed: 1), SimulatedServer(plan: server.plan, seed: 2))
        var finder = WidthFinder(most: 1024)
        let first = found.run(&finder, seconds: server.settled)
        let early = found.tokens
        let widths = found.run(&finder, seconds: server.seconds)
        for _ in 0..<server.settled { _ = fixed.run(width: server.best) }
        let fixedEarly = fixed.tokens
        for _ in 0..<server.seconds { _ = fixed.run(width: server.best) }

        let part = (found.tokens - early) / (fixed.tokens - fixedEarly)
        let sorted = widths.sorted()
        let settled = (first.lastIndex { !server.widths.contains($0) } ?? -1) + 1
        let waits = found.allFirstTokens.filter { $0.at > Double(server.settled) }.map(\.after).sorted()
        let late = waits.isEmpty ? 0 : waits[waits.count * 99 / 100]
        print(
            "\(server.testDescription): settled after \(settled) s at \(sorted[sorted.count / 2]) "
                + "(\(sorted[0]) to \(sorted[sorted.count - 1])), "
                + "\(Int((part * 1000).rounded())) ‰ of the tokens a second with \(server.best), "
                + "p99 of first tokens \(Int((late * 1000).rounded())) ms, \(finder.reason.words)")
        #expect(part >= server.least)
        #expect(widths.count { server.widths.contains($0) } * 10 >= widths.count * 9)
    }

    @Test func fourSlotsAreFoundAtOnceAlthoughEightStreamsWereOpen() {
        for metrics in [false, true] {
            var plan = ServerPlan()
            (plan.slots, plan.servesMetrics) = (4, metrics)
            var (server, finder) = (SimulatedServer(plan: plan, seed: 3), WidthFinder(most: 1024))
            let widths = server.run(&finder, seconds: 11)
            #expect(widths.allSatisfy { $0 <= 8 })
            #expect(4...6 ~= finder.width)
            #expect(finder.reason == .queue)
        }
    }

    /// Two minutes after the start it has so many times as many, or gives as much.
    @Test(arguments: [0.5, 2])
    func slotsThatGoOrComeAreFollowed(factor: Double) {
        var plan = ServerPlan()
        plan.slots = 72
        plan.size = { $0 > 120 ? factor : 1 }
        follow(plan, within: factor < 1 ? 30...50 : 130...190, isFewer: factor < 1)
    }

    @Test(arguments: [0.5, 2])
    func tokensASecondThatGoOrComeAreFollowed(factor: Double) {
        var plan = ServerPlan()
        plan.totalRate = 2000
        plan.rate = { $0 > 120 ? factor : 1 }
        follow(plan, within: factor < 1 ? 14...30 : 56...130, isFewer: factor < 1)
    }

    private func follow(_ plan: ServerPlan, within widths: ClosedRange<Int>, isFewer: Bool) {
        var (server, finder) = (SimulatedServer(plan: plan, seed: 2), WidthFinder(most: 1024))
        let before = server.run(&finder, seconds: 121).suffix(60).sorted()
        let soon = server.run(&finder, seconds: 11)
        let later = server.run(&finder, seconds: 60).suffix(40)
        print("\(before[30]) streams, then \(soon), then \(Array(later))")
        let settled = Double(before[30])
        #expect(soon.contains { isFewer ? Double($0) < settled * 0.82 : Double($0) > settled * 1.15 })
        #expect(later.count { widths.contains($0) } * 10 >= later.count * 8)
    }

    @Test func firstTokensBoundTheWidthWhereATargetIsSet() {
        var plan = ServerPlan()
        plan.slots = 72
        var (with, without) = (SimulatedServer(plan: plan, seed: 4), SimulatedServer(plan: plan, seed: 4))
        var bounded = WidthFinder(most: 1024, firstTokenTarget: .milliseconds(500))
        var free = WidthFinder(most: 1024)
        let widths = with.run(&bounded, seconds: 180).suffix(120)
        _ = without.run(&free, seconds: 180)
        let late = [with, without].map { server in
            let all = server.allFirstTokens.filter { $0.at > 60 }
            return Double(all.count { $0.after > 0.5 }) / Double(all.count)
        }
        print("late first tokens with a target \(late[0]), without \(late[1]); widths \(widths.sorted()[60])")
        #expect(late[0] < 0.2)
        #expect(late[1] > 0.8)
        #expect(55...75 ~= widths.sorted()[60])
    }

    /// Where nobody waits and first tokens come late there are too many streams, and not by one.
    @Test func whereNobodyWaitsATargetIsReachedInLargeSteps() {
        var finder = WidthFinder(most: 1024, first: 64, firstTokenTarget: .milliseconds(500))
        var bytes = 0
        for second in 1...160 {
            let (width, isSlow) = (finder.width, second > 100)
            bytes += min(width, 100) * 1_000
            let wait = isSlow && width > 50 ? 600 : 100
            finder.note(
                EndpointSample(
                    time: .seconds(second), running: width, answering: width, bytes: bytes, ended: second * 20,
                    firstTokens: (0..<20).map { .milliseconds(wait + $0) }, longestWait: nil, isDemanded: true,
                    waitingAtServer: 0, silent: 0))
            if second == 100 { #expect(width > 75, "\(width)") }
        }
        #expect(finder.width <= 60, "\(finder.width)")
    }

    @Test func aTargetThatNoWidthMeetsBoundsNothing() {
        var plan = ServerPlan()
        plan.slots = 72
        plan.prefillRate = 800
        plan.prompts = 700...900
        var (server, finder) = (
            SimulatedServer(plan: plan, seed: 4), WidthFinder(most: 1024, firstTokenTarget: .milliseconds(200))
        )
        let widths = server.run(&finder, seconds: 180)
        #expect(widths.min()! >= 8)
    }

    @Test func withTooFewJobsTheWidthStays() {
        var plan = ServerPlan()
        plan.slots = 72
        var (server, finder) = (SimulatedServer(plan: plan, seed: 5), WidthFinder(most: 1024))
        _ = server.run(&finder, seconds: 119)
        let width = finder.width
        var sample = server.run(width: width)
        for second in 0..<120 {
            sample.time += .seconds(1)
            sample.isDemanded = false
            sample.running = max(0, width - second)
            sample.answering = sample.running
            finder.note(sample)
            #expect(finder.width <= width)
            #expect(Double(finder.width) >= Double(width) * 0.8)
        }
        #expect(finder.reason == .jobs)
    }

    @Test func jobsThatComeOneByOneRaiseTheWidthByNoMoreThanTheyNeed() {
        var plan = ServerPlan()
        plan.slots = 72
        // Answers of 30 s: about 15 streams.
        plan.jobs = { _ in 0.5 }
        var (server, finder) = (SimulatedServer(plan: plan, seed: 5), WidthFinder(most: 1024))
        #expect(server.run(&finder, seconds: 300).allSatisfy { 8...32 ~= $0 })
    }

    @Test func neverFewerThanOneNorMoreThanAllowed() {
        var plan = ServerPlan()
        plan.totalRate = 1e6
        var (server, finder) = (SimulatedServer(plan: plan, seed: 6), WidthFinder(most: 50))
        #expect(server.run(&finder, seconds: 60).allSatisfy { 1...50 ~= $0 })
        #expect(finder.width == 50)
        #expect(finder.reason == .most)
        finder.set(most: 20)
        #expect(finder.width == 20)
        finder.set(most: 100)
        #expect(server.run(&finder, seconds: 30).allSatisfy { $0 <= 100 })
        #expect(finder.width > 20)
        for running in stride(from: 30, through: 0, by: -1) { finder.refused(running: running, at: .seconds(91)) }
        #expect(finder.width == 1)
        #expect(WidthFinder(most: 3).width == 3)
    }

    @Test func whatWasRefusedForLoadIsNotTriedAtOnce() {
        var plan = ServerPlan()
        plan.totalRate = 1e6
        var (server, finder) = (SimulatedServer(plan: plan, seed: 7), WidthFinder(most: 64))
        _ = server.run(&finder, seconds: 40)
        finder.refused(running: 41, at: .seconds(40))
        #expect(finder.width == 40)
        #expect(finder.reason == .refusals)
        #expect(server.run(&finder, seconds: 20).allSatisfy { $0 == 40 })
        _ = server.run(&finder, seconds: 40)
        #expect(finder.width > 40)
    }

    @Test func afterARestartItBeginsWithHalfOfWhatItHad() {
        var plan = ServerPlan()
        plan.slots = 72
        var (server, finder) = (SimulatedServer(plan: plan, seed: 8), WidthFinder(most: 1024))
        _ = server.run(&finder, seconds: 60)
        let width = finder.width
        finder.restart(at: .seconds(60))
        #expect((width / 2 - 8)...(width / 2) ~= finder.width)
        #expect(finder.reason == .starting)
        _ = server.run(&finder, seconds: 60)
        #expect(65...90 ~= finder.width)
        var few = WidthFinder(most: 3)
        few.restart(at: .seconds(1))
        #expect(few.width == 3)
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .milliseconds(1), .seconds(1), .seconds(86_400)])
    func anySampleIsTaken(step: Duration) {
        var finder = WidthFinder(most: 1024, firstTokenTarget: .seconds(1))
        var random = SeededRandom(seed: SeededRandom.seed(9))
        var time = Duration.zero
        for _ in 0..<2000 {
            time += step
            func number(_ most: Int) -> Int { Int.random(in: -1...most, using: &random) }
            let sample = EndpointSample(
                time: time, running: number(finder.width), answering: number(100), bytes: number(1 << 50),
                ended: number(9),
                firstTokens: (0..<max(0, number(200))).map { _ in .seconds(number(50)) },
                longestWait: Bool.random(using: &random) ? .seconds(number(1 << 20)) : nil,
                isDemanded: number(9) > 0, waitingAtServer: Bool.random(using: &random) ? number(1 << 40) : nil,
                silent: number(3))
            finder.note(sample)
            #expect(1...1024 ~= finder.width)
        }
    }
}
