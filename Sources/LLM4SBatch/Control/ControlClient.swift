import BatchStore
package import LLMStreaming
import SystemCalls

/// Hands a command to the worker of a database and waits for its answer; it blocks meanwhile.
package struct ControlClient: Sendable {
    /// How long a worker that is just beginning, or has too much to do, is tried again.
    private static let patience = Duration.seconds(10)
    /// How long an answer may take, in seconds: streams are closed for some, and the disk is written.
    private static let answerSeconds = 120
    private static let maximumAnswerBytes = 16 << 20

    /// The real path of the database.
    let database: String

    /// For the worker of a database.
    ///
    /// - Throws: `StoreError` where there is no such database.
    package init(database: String) async throws {
        let reader = try await BatchReader.open(database)
        self.database = reader.path
        await reader.close()
    }

    /// Hands a command over.
    ///
    /// - Returns: the worker's answer, once the command holds.
    /// - Throws: `ControlFault`: what the worker says against it, or that there is none.
    package func send(_ request: ControlRequest) throws -> JSON {
        let end = ContinuousClock.now + Self.patience
        while true {
            guard try BatchDatabase.hasWorker(at: database) != false else {
                throw ControlFault(.ended, "\(database): no run is under way")
            }
            if let descriptor = connect() {
                defer { _ = close(descriptor) }
                if let answer = try exchange(request.line, over: descriptor) { return answer }
            }
            guard .now < end else {
                throw ControlFault(
                    .ended, "\(database): the process that works on this database takes no commands")
            }
            usleep(100_000)
        }
    }

    private func connect() -> Int32? {
        for address in ControlAddress.all(of: database) where address.isOurs && address.isTrusted(database) {
            if let descriptor = UnixSocket.connect(to: address.path) { return descriptor }
        }
        return nil
    }

    /// The answer to a line; nil where the worker was too busy, or went away, before it took the command.
    private func exchange(_ line: [UInt8], over descriptor: Int32) throws(ControlFault) -> JSON? {
        UnixSocket.setTimeout(seconds: Self.answerSeconds, of: descriptor)
        var left = (line + [0x0A])[...]
        while !left.isEmpty {
            guard let count = UnixSocket.write(left, to: descriptor), count > 0 else { break }
            left = left.dropFirst(count)
        }
        var bytes: [UInt8] = []
        while !bytes.contains(0x0A), bytes.count < Self.maximumAnswerBytes {
            guard let new = UnixSocket.read(descriptor, upTo: 65_536), !new.isEmpty else { break }
            bytes += new
        }
        guard let end = bytes.firstIndex(of: 0x0A), let answer = try? JSONParser.parse(Array(bytes[..<end])) else {
            if !left.isEmpty { return nil }
            throw ControlFault(.ended, "\(database): the worker has not answered; status shows what holds")
        }
        if answer["kind"]?.string == ControlDesk.busyKind { return nil }
        if let fault = ControlFault(answer: answer) { throw fault }
        return answer
    }
}
