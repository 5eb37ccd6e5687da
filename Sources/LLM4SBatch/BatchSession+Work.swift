import BatchEngine
import BatchStore
import LLM4S

// The input is read, its jobs are run, and each second is recorded, all at the same time.
extension BatchSession {
    /// Reads and runs at the same time, with the record of each second beside; returns when all have ended.
    ///
    /// What these files had and is not finished may be changed or gone in them now: then nothing is sent before they are
    /// read to their end. Where all of it is finished, what can run is what the reading has found.
    func work(
        _ runner: JobRunner, _ database: BatchDatabase, _ runID: Int64, _ transport: StreamingTransport, hasWork: Bool
    ) async -> RunEnding {
        let recorder = SecondRecorder(database: database, runID: runID)
        let reading = Task { await read(database, runner) }
        intake?.run(in: reading)
        return await withTaskCancellationHandler {
            if hasWork, intake?.isReadOnce == false { await reading.value }
            let ending = await withTaskGroup(of: Void.self) { group in
                group.addTask { await record(runner, recorder) }
                group.addTask { await followServers(runner, database, transport) }
                let ending = await end(of: runner)
                // A run that was stopped does not wait for the rest of its input.
                if ending != .finished { reading.cancel() }
                await reading.value
                group.cancelAll()
                return ending
            }
            // Taken once all has ended: what came since the last second is of the run too.
            recorder.record(await runner.snapshot, isLast: true)
            observer.ended()
            return ending
        } onCancel: {
            reading.cancel()
        }
    }

    private func read(_ database: BatchDatabase, _ runner: JobRunner) async {
        guard let intake else { return }
        // Where earlier attempts have published something it was read before.
        if !intake.isOpen { return observer.hasRead(intake) }
        await intake.read(into: database) { jobs in
            if let spent = try await spent(on: jobs, database) {
                await runner.addSpent(cost: spent.cost(by: prices), tokens: spent.tokens)
            }
        } stored: { page in
            observer.stored(page)
            runner.wake()
        }
        if let fault = intake.failure, fault.kind == .database {
            return await runner.storeDidFail(fault.description)
        }
        observer.hasRead(intake)
    }

    private func record(_ runner: JobRunner, _ recorder: SecondRecorder) async {
        while true {
            try? await Task.sleep(for: .seconds(1))
            if Task.isCancelled { return }
            let snapshot = await runner.snapshot
            recorder.record(snapshot, isLast: false)
            observer.secondPassed(snapshot)
        }
    }

    /// Runs; the cancellation of the task is an orderly stop where streams have time to drain.
    private func end(of runner: JobRunner) async -> RunEnding {
        guard options.drainTimeout > .zero else { return await runner.run() }
        let running = Task { await runner.run() }
        return await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            Task { _ = await runner.drain() }
        }
    }
}
