/// Which of the jobs at hand goes where next.
extension FreshJobs {
    /// Which group's next job goes where.
    ///
    /// - Parameter free: the endpoints that may take one more stream, in any order.
    mutating func next(_ free: [EndpointLoad], at now: Duration) -> Next {
        guard !isEmpty, let least = free.leastLoaded() else { return .wait(until: nil) }
        if order == .input { return jobs.first.map { .send($0, endpoint: least.index) } ?? .wait(until: nil) }
        if let next = nextAtHome(free, notFarAheadOf: least, at: now) { return next }
        if let next = nextInOrder(free, at: now) { return next }
        if let next = nextElsewhere(free, at: now) { return next }
        return nextAtHome(free, at: now) ?? .wait(until: waits.nextLook(in: jobs)?.time)
    }

    /// What the least loaded endpoint goes on with that is the home of anything at hand.
    private mutating func nextAtHome(_ free: [EndpointLoad], notFarAheadOf least: EndpointLoad? = nil, at now: Duration)
        -> Next?
    {
        var next: (load: EndpointLoad, group: Group)?
        for load in free {
            if let next, !load.isLess(than: next.load) { continue }
            if let least, load.isTooFarAhead(of: least) { continue }
            if let group = waits.first(at: load.index, in: jobs) { next = (load, group) }
        }
        guard let (load, group) = next else { return nil }
        if waits.isRunningOut(at: load.index, below: Int(load.width * Self.reserve), in: jobs),
            let opened = nextInOrder([load], at: now, isEarly: true)
        {
            return opened
        }
        return .send(group, endpoint: load.index)
    }

    /// The first group in the order that may be opened; those of which it turns out that they have a home, or soon
    /// have one, are set aside for it.
    ///
    /// - Parameter isEarly: whether only such are opened as others follow.
    private mutating func nextInOrder(_ free: [EndpointLoad], at now: Duration, isEarly: Bool = false) -> Next? {
        let choice = EndpointChoice(order, free: free)
        var (group, looks, setAside) = (jobs.first, 0, 0)
        while let candidate = group, looks < Self.mostLooks, setAside < Self.mostSetAside {
            group = jobs.group(after: candidate)
            let chain = jobs.chain(of: candidate)
            let isAlone = jobs.count(of: candidate) == 1
            switch choice.answer(chain, homes, isAlone: isAlone, at: now) {
            case .none: return nil
            case .send(let endpoint):
                looks += 1
                if isEarly, isAlone || chain.isEmpty { continue }
                if let endpoint = opening(candidate, at: endpoint, free) { return .send(candidate, endpoint: endpoint) }
            case .waitForHome(let endpoints):
                endpoints.forEach { waits.add(candidate, at: $0) }
                self.setAside(candidate, at: now)
                setAside += 1
            case .waitForWarming(let job, let endpoint, _):
                waits.add(candidate, for: job, at: endpoint, in: jobs)
                self.setAside(candidate, at: now)
                setAside += 1
            }
        }
        return nil
    }

    private mutating func setAside(_ group: Group, at now: Duration) {
        jobs.setAside(group)
        waits.hold(group, at: now, for: Self.longestWait)
    }

    /// Where a group may be opened: where it was to go, or at the least loaded endpoint that has room for more than it
    /// warms.
    private func opening(_ group: Group, at endpoint: Int, _ free: [EndpointLoad]) -> Int? {
        let chain = jobs.chain(of: group)
        let needed = jobs.count(of: group) > 1 ? chain.count : chain.homeDepth
        if chain.isEmpty || !hasOthers(group) || homes.depth(of: chain, at: endpoint) >= needed { return endpoint }
        return free.leastLoaded(where: mayOpen)?.index
    }

    /// Whether other jobs at hand begin as a group's next one does, or nearly.
    private func hasOthers(_ group: Group) -> Bool {
        if jobs.count(of: group) > 1 { return true }
        let chain = jobs.chain(of: group)
        return jobs.group(after: group).map { jobs.chain(of: $0).depth(inCommonWith: chain) >= chain.homeDepth }
            ?? false
    }

    /// Whether more jobs may start at an endpoint than wait for those that warm there.
    ///
    /// Else a server would hold a part of many groups at a time, which may be more than its cache can.
    private func mayOpen(_ load: EndpointLoad) -> Bool {
        waits.followers(at: load.index) < max(1, Int(load.width * (1 + Self.reserve)) - load.running)
    }

    /// A group of others that an endpoint takes over which has nothing else to do: one with many jobs or in a long
    /// queue at once, so that a beginning that all share is soon held by all; another when its home has let it wait for
    /// too long.
    private mutating func nextElsewhere(_ free: [EndpointLoad], at now: Duration) -> Next? {
        for look in waits.firstLooks(Self.mostLooks, in: jobs) {
            let wait = waits.wait(of: look.group)
            let isOver = look.heldSince + PrefixHomes.longestWarming <= now
            let isLate = isOver || !wait.homes.isEmpty && look.time <= now
            let isLarge = Double(jobs.count(of: look.group) + waits.company(of: look.group)) > EndpointLoad.mostAhead
            if isOver { waits.stopCounting(for: look.group) }
            guard isLate || isLarge else { continue }
            let chain = jobs.chain(of: look.group)
            let other = free.leastLoaded { load in
                !wait.homes.contains(load.index) && homes.isWarming(chain, at: load.index, at: now) == nil
                    && (isOver || mayOpen(load))
            }
            if let other { return .send(look.group, endpoint: other.index) }
        }
        while let look = waits.nextLook(in: jobs), look.time <= now {
            waits.holdFirstAgain(at: now, for: Self.longestWait)
        }
        return nil
    }

    /// How long the next job of a group waits for its home before it goes elsewhere.
    ///
    /// Four servers of unequal speed, 50 prefixes of 6,000 tokens with 40 jobs each (`PrefixSimulation`): after a quarter
    /// of a second 1.07 of the fewest tokens of prompts are read, after half a second 1.05, after 1 to 1.5 seconds 1.01;
    /// after 3 seconds none is read twice, but the run takes 2 % longer.
    static let longestWait = Duration.milliseconds(1500)
    /// An endpoint opens the next group when it has jobs at hand for this part of its width, so that it reads one
    /// beginning while it answers the last of another.
    ///
    /// 300 prefixes with 10 jobs each in 128 streams of a provider: 71 seconds without a reserve, 52 with a half or the
    /// whole of the width, as long as without any order.
    static let reserve = 0.5
    /// How many groups are looked at in one decision.
    private static let mostLooks = 8
    /// How many are set aside in one decision, each of them once.
    private static let mostSetAside = 256
}
