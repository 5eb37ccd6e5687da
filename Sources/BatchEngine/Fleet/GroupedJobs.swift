/// Jobs at hand in groups of the same beginning, and the groups in an order in which those with the most in common stand
/// next to each other: as in a tree of beginnings, each branch where its first job came.
///
/// Within a group the jobs are in the order of the input. All costs are per job, whatever the number of groups.
struct GroupedJobs: Sendable {
    /// A group while it has jobs: its place is used again afterwards, under another stamp.
    struct Group: Sendable, Hashable {
        fileprivate(set) var index: Int
        fileprivate(set) var stamp: Int
    }

    private struct Entry: Sendable {
        var chain = PrefixChain.none
        var jobs = LinedJobs()
        var stamp = 0
        /// Its neighbours in the order; nil at the ends.
        var previous: Int?
        var next: Int?
        var isInOrder = false
    }

    private var entries: [Entry] = []
    private var freePlaces: [Int] = []
    /// The groups by their longest level.
    private var places: [UInt64: Int] = [:]
    /// By level, the last of the groups in the order that have it.
    private var lastPlaces: [UInt64: Int] = [:]
    private var firstPlace: Int?
    private var lastPlace: Int?
    /// How many jobs there are.
    private(set) var count = 0
    /// The bytes of their requests.
    private(set) var requestBytes = 0

    // MARK: Looks

    /// The first group in the order.
    var first: Group? { firstPlace.map(group) }

    /// The next group in the order.
    func group(after group: Group) -> Group? { entries[group.index].next.map(self.group) }

    /// Whether a group still has jobs.
    func has(_ group: Group) -> Bool { entries[group.index].stamp == group.stamp && !entries[group.index].jobs.isEmpty }

    /// Whether it stands in the order and was not set aside.
    func isInOrder(_ group: Group) -> Bool { entries[group.index].isInOrder }

    func chain(of group: Group) -> PrefixChain { entries[group.index].chain }

    func count(of group: Group) -> Int { entries[group.index].jobs.count }

    /// Looks at a group's next job in its place.
    func withHead<Result>(of group: Group, _ body: (borrowing Job) -> Result) -> Result? {
        entries[group.index].jobs.withFirst(body)
    }

    private func group(_ place: Int) -> Group { Group(index: place, stamp: entries[place].stamp) }

    // MARK: Changes

    /// Adds a job behind those of its group.
    mutating func add(_ job: consuming Job, _ chain: PrefixChain) {
        let place = count(job, chain)
        entries[place].jobs.append(job)
        if entries[place].jobs.count == 1 { enter(place) }
    }

    /// Adds a job before those of its group; where there is none, before all groups.
    mutating func putBack(_ job: consuming Job, _ chain: PrefixChain) {
        let place = count(job, chain)
        entries[place].jobs.prepend(job)
        if entries[place].jobs.count == 1 { enterAtFront(place) }
    }

    /// Counts a job and finds its group's place.
    private mutating func count(_ job: borrowing Job, _ chain: PrefixChain) -> Int {
        count += 1
        requestBytes += job.request.count
        let level = chain.levels.last ?? 0
        if let place = places[level] { return place }
        let place = freePlaces.popLast() ?? entries.count
        if place == entries.count { entries.append(Entry()) }
        entries[place].chain = chain
        places[level] = place
        return place
    }

    /// Removes a group's next job.
    mutating func takeFirst(of group: Group) -> Job? {
        guard has(group), let job = entries[group.index].jobs.popFirst() else { return nil }
        count -= 1
        requestBytes -= job.request.count
        dropIfEmpty(group.index)
        return job
    }

    /// Removes jobs by their numbers.
    ///
    /// - Returns: how many.
    mutating func remove(where isLeft: (Int64) -> Bool) -> Int {
        var sum = 0
        for place in entries.indices where !entries[place].jobs.isEmpty {
            let removed = entries[place].jobs.remove(where: isLeft)
            count -= removed.count
            requestBytes -= removed.requestBytes
            sum += removed.count
            dropIfEmpty(place)
        }
        return sum
    }

    /// How many groups there are.
    var groupCount: Int { places.count }

    private mutating func dropIfEmpty(_ place: Int) {
        guard entries[place].jobs.isEmpty else { return }
        leave(place)
        places[entries[place].chain.levels.last ?? 0] = nil
        entries[place] = Entry(stamp: entries[place].stamp + 1)
        freePlaces.append(place)
    }

    // MARK: The order

    /// Takes a group out of the order, with its jobs.
    mutating func setAside(_ group: Group) { leave(group.index) }

    /// Puts a group that was set aside before all others: its turn had come already.
    mutating func bringBack(_ group: Group) { if !isInOrder(group) { enterAtFront(group.index) } }

    /// Puts a group behind the last one with which it has the most in common.
    private mutating func enter(_ place: Int) {
        var neighbour: Int?
        for level in entries[place].chain.levels.reversed() {
            if let known = neighbour {
                // Within a longer branch it is the last of the shorter ones as far as its neighbour was.
                if lastPlaces[level] == known { lastPlaces[level] = place }
            } else {
                neighbour = lastPlaces.updateValue(place, forKey: level)
            }
        }
        neighbour = neighbour ?? lastPlace
        link(place, between: neighbour, and: neighbour.map { entries[$0].next } ?? firstPlace)
    }

    private mutating func enterAtFront(_ place: Int) {
        link(place, between: nil, and: firstPlace)
        for level in entries[place].chain.levels where lastPlaces[level] == nil { lastPlaces[level] = place }
    }

    private mutating func link(_ place: Int, between previous: Int?, and next: Int?) {
        (entries[place].previous, entries[place].next) = (previous, next)
        entries[place].isInOrder = true
        if let previous { entries[previous].next = place } else { firstPlace = place }
        if let next { entries[next].previous = place } else { lastPlace = place }
    }

    private mutating func leave(_ place: Int) {
        guard entries[place].isInOrder else { return }
        entries[place].isInOrder = false
        let (previous, next) = (entries[place].previous, entries[place].next)
        if let previous { entries[previous].next = next } else { firstPlace = next }
        if let next { entries[next].previous = previous } else { lastPlace = previous }
        let common = previous.map { entries[$0].chain.depth(inCommonWith: entries[place].chain) } ?? 0
        for (position, level) in entries[place].chain.levels.enumerated() {
            guard let index = lastPlaces.index(forKey: level), lastPlaces.values[index] == place else { continue }
            if position < common, let previous {
                lastPlaces.values[index] = previous
            } else {
                lastPlaces.remove(at: index)
            }
        }
    }
}
