import BatchEngine
import BatchStore
import LLM4S
import LLMStreaming

// What the servers of a run say of themselves, beside their answers.
extension BatchSession {
    /// Warns of pools whose servers are not alike, and hands on how busy servers say they are while widths are found; until
    /// the task is cancelled.
    func followServers(_ runner: JobRunner, _ database: BatchDatabase, _ transport: StreamingTransport) async {
        await withDiscardingTaskGroup { group in
            let pools = providers.pools.values.filter { $0.members.count > 1 }
            if !pools.isEmpty {
                group.addTask {
                    let models = (try? await database.reader.models(in: scope, revived: false)) ?? []
                    await warnOfPools(
                        pools.flatMap { $0.members.map(\.endpoint) }, asking: models, by: transport)
                }
            }
            group.addTask { await followLoads(runner, transport) }
        }
    }

    /// Asks servers for their loads while widths are found, which users may ask for, and end, at any time.
    private func followLoads(_ runner: JobRunner, _ transport: StreamingTransport) async {
        var reading: Task<Void, Never>?
        func end() async {
            reading?.cancel()
            await reading?.value
            reading = nil
        }
        for await isFound in runner.findsWidths where isFound != (reading != nil) {
            await end()
            if isFound { reading = Task { await readLoads(runner, transport) } }
        }
        await end()
    }

    private func readLoads(_ runner: JobRunner, _ transport: StreamingTransport) async {
        let members = providers.pools.values.flatMap { pool in
            pool.members.map { (provider: pool.provider.name, member: $0) }
        }
        let (loads, feed) = AsyncStream.makeStream(of: (place: Int, waiting: Int?).self)
        async let reading: Void = {
            await SignalReader(signals: transport, clock: ContinuousClock())
                .read(members.map(\.member.endpoint)) { feed.yield(($0, $1?.waiting)) }
            feed.finish()
        }()
        for await load in loads {
            let (provider, member) = members[load.place]
            await runner.note(waiting: load.waiting, at: member.name, of: provider)
        }
        await reading
    }
}
