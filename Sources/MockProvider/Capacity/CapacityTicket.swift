import NIOCore

/// A request's place at a server of limited capacity.
struct CapacityTicket: Sendable {
    let request: Int
    let scheduler: CapacityScheduler

    /// The time before which a number of tokens are not there; nil where they are.
    func wait(forTokens tokens: Int) -> NIODeadline? { scheduler.wait(forTokens: tokens, of: request) }
    /// Prompt tokens that were found in the cache; zero before the first token.
    var cachedTokens: Int { scheduler.cachedTokens(of: request) }
    /// Calls `wake`, on any thread, when tokens may come sooner than was said.
    func watch(_ wake: @escaping @Sendable () -> Void) { scheduler.watch(request, wake) }
    /// Gives the place back.
    func leave() { scheduler.leave(request) }
}
