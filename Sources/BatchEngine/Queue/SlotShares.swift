/// How the streams of a run are shared: each provider with jobs left may have an equal part, and what others do not
/// need (SPEC 7).
///
/// So the streams of a slow provider do not fill the run while a fast one has jobs: its part is kept free for it.
struct SlotShares {
    /// What a provider has and needs.
    struct Claim {
        var running: Int
        /// The most streams that it can use; 0 where its jobs wait for something else.
        var needed: Int
    }

    private let free: Int
    private let share: Int
    private let claims: [Claim]
    /// What is kept free for all of them.
    private let reserved: Int

    /// - Parameters:
    ///   - claims: of the providers that have jobs.
    ///   - total: the streams that may be open in all.
    ///   - running: those that are, also of providers without jobs left.
    ///   - sharers: how many of the claims are for more; nil for all.
    init(_ claims: [Claim], total: Int, running: Int, sharers: Int? = nil) {
        self.claims = claims
        free = total - running
        let share = max(1, total / max(1, sharers ?? claims.count))
        self.share = share
        reserved = claims.reduce(0) { $0 + Self.kept($1, share) }
    }

    /// Whether a provider may have one more.
    func mayStart(_ index: Int) -> Bool {
        claims[index].running < share || free > reserved - Self.kept(claims[index], share)
    }

    private static func kept(_ claim: Claim, _ share: Int) -> Int { max(0, min(share, claim.needed) - claim.running) }
}
