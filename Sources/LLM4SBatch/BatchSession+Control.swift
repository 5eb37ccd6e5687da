import BatchEngine
import BatchStore
import LLMStreaming

// What a session can be told while it runs: by its program, and by others over a socket.
extension BatchSession {
    /// Lets the run be told things from now on.
    ///
    /// - Returns: what takes commands of other processes; nil where that cannot be, which is no reason not to run.
    func connect(_ runner: JobRunner, _ database: BatchDatabase, _ runID: Int64) -> ControlServer? {
        let intake = intake
        control.connect(
            ControlledRun(
                runner: runner, database: database, runID: runID, scope: scope, prices: prices,
                budgetPart: ShardJobs.part(shardJobs, of: shard),
                mostFound: (options.concurrencyMaximum, options.firstTokenTarget), stopIntake: { intake?.stop() },
                faultOfStreams: faultOfStreams, changed: observer.changed),
            countsSpending: isBounded)
        do {
            return try ControlServer(ControlAddress.all(of: database.path)) { [control] line in
                await control.answer(to: line)
            }
        } catch {
            observer.warned("\(database.path): the command ctl cannot reach this run: \(error.message)")
            return nil
        }
    }

    /// Lets it be told nothing more; commands that are being done are answered first.
    func disconnect(_ server: ControlServer?) async {
        // First: what comes from now on would change nothing, and is told so.
        control.disconnect()
        await server?.stop()
    }
}

extension RunControl {
    /// The line that answers the line of a command.
    func answer(to line: [UInt8]) async -> [UInt8] {
        do throws(ControlFault) {
            return try await perform(ControlRequest(line: line)).json.bytes
        } catch {
            return error.json.bytes
        }
    }
}
