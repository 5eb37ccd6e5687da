import BatchEngine
import Foundation
import Synchronization
import Testing

@testable import LLM4SBatch

/// Who waits for a word of the user's program, and for how long.
struct CheckProgramTests {
    /// Alarms that go off when the test says so, whether or not anybody still waits.
    private final class Alarms: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        var count: Int { waiting.withLock { $0.count } }

        func sleep() async {
            await withCheckedContinuation { alarm in waiting.withLock { $0.append(alarm) } }
        }

        func goOff(_ number: Int) { waiting.withLock { $0[number] }.resume() }
    }

    private let answer = JudgedAnswer(customID: "a", choices: [], metadata: nil)

    /// The second answer of a job is judged in its own time, whatever is left of the first one's.
    @Test func anAlarmEndsItsOwnWaitOnly() async throws {
        let alarms = Alarms()
        let directory = try TemporaryDirectory()
        let go = directory.path("go")
        let word = #"echo '{"id":"a","ok":"#
        let program = try CheckProgram(
            """
            read first; \(word)false}'; read second; until [ -e '\(go)' ]; do sleep 0.02; done; \(word)true}'; cat
            """, timeout: .seconds(60), sleep: { _ in await alarms.sleep() })
        #expect(try await program.judge(answer) == .wrong("the check program says no"))
        let second = Task { [answer] in try await program.judge(answer) }
        while alarms.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        alarms.goOff(0)
        // Long enough for whoever is woken to do what it does.
        for _ in 0..<1_000 { await Task.yield() }
        _ = try directory.write("", to: "go")
        #expect(try await second.value == .right)
        alarms.goOff(1)
        await program.close(grace: .seconds(10))
    }

    @Test func anAlarmEndsAWait() async throws {
        let alarms = Alarms()
        let program = try CheckProgram(
            #"read first; echo '{"id":"b","ok":true}'; cat >/dev/null"#, timeout: .seconds(60),
            sleep: { _ in await alarms.sleep() })
        let spoken = JudgedAnswer(customID: "b", choices: [], metadata: nil)
        #expect(try await program.judge(spoken) == .right)
        let late = Task { [answer] in try await program.judge(answer) }
        while alarms.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        alarms.goOff(1)
        await #expect(throws: JudgeFault.late) { try await late.value }
        alarms.goOff(0)
        await program.close(grace: .seconds(10))
    }
}
