import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// `status` of several databases.
extension StatusCommand {
    /// Shows where they stand together, and again as `--watch` asks for it.
    func showUnion() async throws {
        var isDrawn = false
        while true {
            let start = ContinuousClock.now
            let union = try await openedUnion()
            let report = UnionStatusReport(
                status: try await union.status(), missingShards: union.missingShards, width: Console.outputWidth,
                now: TimeOfDay.unixMilliseconds)
            await union.close()
            let isRunning = report.isRunning
            if json {
                Console.output(report.json)
            } else if watch, isRunning, let (width, height) = Console.outputSize {
                if !isDrawn { Console.output(bytes: Array("\u{1B}[2J".utf8)) }
                isDrawn = true
                var report = report
                // A terminal may begin a new line once its last column is written.
                report.width = width - 1
                let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                Console.output(bytes: Array(StatusScreen.drawing(lines, width: width, height: height).utf8))
            } else {
                if isDrawn { Console.output(bytes: Array("\u{1B}[H\u{1B}[J".utf8)) }
                Console.output(report.text)
            }
            guard watch, isRunning else { return }
            // Where many ids are compared, it is most of the time at rest all the same.
            try await Task.sleep(for: max(.seconds(2), (.now - start) * 4))
        }
    }

    /// Opens them; with `--watch` once all are there.
    private func openedUnion() async throws -> BatchUnion {
        var hasWaited = false
        while true {
            do { return try await BatchUnion.opened(databases.paths) } catch let error as StoreError {
                guard watch, error.kind == .missing else { throw error }
                if !hasWaited { Console.error("\(error.path) is not there yet: waiting for it") }
                hasWaited = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
