import BatchEngine
import LLMStreaming

// A pool answers as one server only where its servers are alike.
extension BatchSession {
    /// Warns of providers whose servers serve different models or versions, or send web pages.
    ///
    /// It takes some two seconds at most, and beside a run holds nothing up.
    ///
    /// - Parameters:
    ///   - endpoints: those of all providers.
    ///   - models: those that jobs ask for.
    ///   - signals: what asks the servers.
    func warnOfPools(
        _ endpoints: [Endpoint], asking models: [ModelName], by signals: some ServerSignals
    ) async {
        let pools = Dictionary(grouping: endpoints, by: \.provider.name)
        await withDiscardingTaskGroup { group in
            for (name, endpoints) in pools {
                let wanted = Set(models.filter { $0.provider == name }.map(\.model)).sorted()
                group.addTask {
                    for fault in await signals.faults(of: name, endpoints, asking: wanted) { observer.warned(fault) }
                }
            }
        }
    }
}
