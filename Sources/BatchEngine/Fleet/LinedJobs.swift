/// Jobs in their order, added at either end and taken from the front, each in constant time.
///
/// Two arrays back to back: those in front with the next one last, so that taking it moves none.
struct LinedJobs: Sendable {
    private var front: [Job] = []
    private var back: [Job] = []

    var count: Int { front.count + back.count }

    var isEmpty: Bool { front.isEmpty && back.isEmpty }

    /// Looks at the first job in its place: a copy would cost more than most looks.
    func withFirst<Result>(_ body: (borrowing Job) -> Result) -> Result? {
        if !front.isEmpty { return body(front[front.count - 1]) }
        return back.isEmpty ? nil : body(back[0])
    }

    mutating func append(_ job: consuming Job) { back.append(job) }

    /// Adds a job before all others.
    mutating func prepend(_ job: consuming Job) { front.append(job) }

    mutating func popFirst() -> Job? {
        if front.isEmpty {
            back.reverse()
            swap(&front, &back)
        }
        return front.popLast()
    }

    /// Removes jobs by their numbers.
    ///
    /// - Returns: how many they were, and the bytes of their requests.
    mutating func remove(where isLeft: (Int64) -> Bool) -> (count: Int, requestBytes: Int) {
        var removed = (count: 0, requestBytes: 0)
        for jobs in [\LinedJobs.front, \.back] {
            self[keyPath: jobs].removeAll { job in
                guard isLeft(job.id) else { return false }
                removed.count += 1
                removed.requestBytes += job.request.count
                return true
            }
        }
        return removed
    }
}
