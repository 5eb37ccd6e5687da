import BatchEngine
import Foundation
import LLMStreaming
import Synchronization

/// The user's program of `--check-command`: it reads a line of JSON an answer and writes a line for each, in any order.
///
/// Two threads of its own wait for its pipes: neither an event loop nor a task's thread ever does.
final class CheckProgram: AnswerJudge {
    private typealias Waiter = CheckedContinuation<Result<JudgeWord, JudgeFault>, Never>

    /// A job's id by its bytes: two that look alike are two.
    private typealias ID = [UInt8]

    private struct State {
        /// Who waits for the word on an answer, by its job's id, and what ends the wait.
        var waiters: [ID: (waiter: Waiter, number: Int, alarm: Task<Void, Never>)] = [:]
        /// How many waits there were.
        var count = 0
        /// The ids whose word came too late for anybody, as far as it may still come.
        var late: Set<ID> = []
        /// Whether it has judged anything.
        var hasSpoken = false
        /// Why no word comes any more; nil while words come.
        var end: String?

        /// Who waits for a word, who then waits no more.
        ///
        /// - Parameter number: of the wait that is meant; nil for any: a job may be asked about again.
        mutating func takeWaiter(_ id: ID, number: Int? = nil) -> Waiter? {
            guard let wait = waiters[id], number == nil || number == wait.number else { return nil }
            waiters[id] = nil
            wait.alarm.cancel()
            return wait.waiter
        }
    }

    private let state = Mutex(State())
    private let process = Process()
    private let questions: CheckQuestions
    private let timeout: Duration
    /// Sleeps for a time; throws where its task is cancelled.
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Starts a program by the shell, in the working directory; its standard error goes to ours.
    ///
    /// - Parameters:
    ///   - timeout: how long it may take for an answer.
    ///   - sleep: sleeps for a time, and throws where its task is cancelled.
    /// - Throws: where it cannot be started.
    init(
        _ command: String, timeout: Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) throws(BatchError) {
        (self.timeout, self.sleep) = (timeout, sleep)
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        (process.standardInput, process.standardOutput) = (input, output)
        questions = CheckQuestions(input.fileHandleForWriting)
        do { try process.run() } catch {
            throw BatchError(.configuration, "--check-command: the program cannot be started: \(error)")
        }
        try? input.fileHandleForReading.close()
        let read = output.fileHandleForReading
        Thread.detachNewThread { [weak self] in
            CheckWords(read).each { line in self?.take(line) ?? false }
            self?.hearNothing("it has closed its standard output")
        }
        Thread.detachNewThread { [weak self, questions] in
            if !questions.write() { self?.hearNothing("it reads no more answers") }
        }
    }

    /// Lets the program end, since nothing more is asked: its standard input ends.
    ///
    /// - Parameter grace: how long it may take; then it is ended, with all that it has started.
    func close(grace: Duration) async {
        questions.close()
        let (child, steps) = (process.processIdentifier, Int(grace / .milliseconds(10)))
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                for _ in 0..<steps where ProcessEnd(of: child) == nil { usleep(10_000) }
                // Foundation gives it a process group of its own.
                let group = getpgid(child) == child || kill(-child, 0) == 0 ? -child : child
                kill(group, SIGTERM)
                for _ in 0..<100 where kill(group, 0) == 0 { usleep(10_000) }
                kill(group, SIGKILL)
                waiter.resume()
            }
        }
    }

    func judge(_ answer: JudgedAnswer) async throws(JudgeFault) -> JudgeWord {
        let id = Array(answer.customID.utf8)
        let line = answer.json.bytes + [UInt8(ascii: "\n")]
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in ask(id, line, waiter) }
        } onCancel: {
            giveUp(id, .cancelled)
        }
        return try result.get()
    }

    func giveUp(_ customID: String) { giveUp(Array(customID.utf8), .cancelled) }

    private func ask(_ id: ID, _ line: [UInt8], _ waiter: Waiter) {
        let fault: JudgeFault? = state.withLock { state in
            if let end = state.end { return .over(end) }
            if Task.isCancelled || state.waiters[id] != nil { return .cancelled }
            state.count += 1
            let number = state.count
            let alarm = Task { [timeout, sleep, weak self] in
                guard (try? await sleep(timeout)) != nil else { return }
                self?.giveUp(id, .late, number: number)
            }
            state.waiters[id] = (waiter, number, alarm)
            return nil
        }
        if let fault { waiter.resume(returning: .failure(fault)) } else { questions.add(line) }
    }

    private func giveUp(_ id: ID, _ fault: JudgeFault, number: Int? = nil) {
        let (waiter, isMute) = state.withLock { state in
            let waiter = state.takeWaiter(id, number: number)
            if waiter != nil { state.late.insert(id) }
            return (waiter, !state.hasSpoken && fault == .late)
        }
        guard let waiter else { return }
        guard isMute else { return waiter.resume(returning: .failure(fault)) }
        // The next answer would be paid and fail as this one.
        end(
            by: "it has written nothing in \(timeout.components.seconds) s; does it write each line at once (jq "
                + "--unbuffered, python -u), or does it need a longer --check-timeout?")
        waiter.resume(returning: .failure(.over(state.withLock { $0.end } ?? "")))
    }

    /// Takes a line of the program's; false where it is the last that is looked at.
    private func take(_ line: [UInt8]) -> Bool {
        let excerpt = String(decoding: line.prefix(200), as: UTF8.self).quotedName
        guard let object = try? JSONParser.parse(line).object, let id = object["id"]?.string.map({ Array($0.utf8) }),
            let isRight = object["ok"]?.bool
        else {
            end(by: "it wrote \(excerpt), which is not {\"id\": ..., \"ok\": true or false}")
            return false
        }
        let (waiter, isKnown) = state.withLock { state in
            let waiter = state.takeWaiter(id)
            state.hasSpoken = true
            return (waiter, waiter != nil || state.late.remove(id) != nil)
        }
        guard isKnown else {
            end(by: "it wrote \(excerpt), and was not asked about that id, or has judged it already")
            return false
        }
        let told = object["reason"]?.string.map { String($0.prefix(1_000)) } ?? ""
        let reason = told.allSatisfy(\.isWhitespace) ? "the check program says no" : told
        waiter?.resume(returning: .success(isRight ? .right : .wrong(reason)))
        return true
    }

    /// Notes that the program neither reads nor writes any more: where it ends just now, how it ended.
    private func hearNothing(_ what: String) {
        let child = process.processIdentifier
        for _ in 0..<100 where ProcessEnd(of: child) == nil { usleep(10_000) }
        switch ProcessEnd(of: child) {
        case .known?:
            process.waitUntilExit()
            let status = process.terminationStatus
            end(by: (process.terminationReason == .exit ? ProcessEnd.exit(status) : .signal(status)).words)
        case let ended?: end(by: ended.words)
        case nil: end(by: what)
        }
    }

    /// Notes that no word comes any more, and tells all who wait.
    ///
    /// - Parameter fault: what it did.
    private func end(by fault: String) {
        let (waiters, words) = state.withLock { state in
            let words = state.end ?? "--check-command: the program gives no judgement any more: \(fault)"
            state.end = words
            return (state.waiters.keys.compactMap { state.takeWaiter($0) }, words)
        }
        questions.close()
        for waiter in waiters { waiter.resume(returning: .failure(.over(words))) }
    }
}
