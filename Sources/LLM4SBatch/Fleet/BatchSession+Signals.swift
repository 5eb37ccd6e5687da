import BatchEngine
import BatchStore
import LLM4S
import LLMStreaming

// What the servers of a run say of themselves, beside their answers.
extension BatchSession {
    /// Warns of pools whose servers are not alike, and hands on how busy servers say they are where widths are found; until
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
            if options.isConcurrencyAuto { group.addTask { await followLoads(runner, transport) } }
        }
    }

    private func followLoads(_ runner: JobRunner, _ transport: StreamingTransport) async {
        let members = providers.pools.values.flatMap { pool in
            pool.members.map { (provider: pool.provider.name, member: $0) }
        }
        let (loads, feed) = AsyncStream.makeStream(of: (place: Int, waiting: Int?).self)
        let reading = Task {
            await SignalReader(signals: transport, clock: ContinuousClock())
                .read(members.map(\.member.endpoint)) { feed.yield(($0, $1?.waiting)) }
            feed.finish()
        }
        await withTaskCancellationHandler {
            for await load in loads {
                let (provider, member) = members[load.place]
                await runner.note(waiting: load.waiting, at: member.name, of: provider)
            }
        } onCancel: {
            reading.cancel()
        }
        await reading.value
    }
}
