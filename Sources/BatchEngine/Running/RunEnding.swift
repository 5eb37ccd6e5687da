/// Why a run ended.
package enum RunEnding: Sendable, Equatable {
    /// Every job in scope has ended.
    case finished
    /// A limit of the user's was reached with work left: which.
    case limited(String)
    /// Work is left for providers that get no more requests.
    case providersStopped
    /// The user stopped it.
    case stopped
    /// The store can take no more.
    case storeFailed(String)
}
