import LLMStreaming
import SystemCalls

/// The sockets of a worker's thread for commands: the one that listens, and the connections that there are.
struct ControlDesk: ~Copyable {
    private var listener: Int32
    private let wakeup: Int32
    private let limits: ControlConnection.Limits
    private var connections: [Int: (descriptor: Int32, connection: ControlConnection)] = [:]
    private var newest = 0
    /// Until when no connection is taken: the process has too many files open.
    private var pause: ContinuousClock.Instant?

    init(listener: Int32, wakeup: Int32, _ limits: ControlConnection.Limits) {
        self.listener = listener
        self.wakeup = wakeup
        self.limits = limits
    }

    /// Whether nobody is answered or waits for an answer.
    var isIdle: Bool {
        connections.values.allSatisfy { $0.connection.phase == .reading || $0.connection.phase == .ended }
    }

    /// Begins to answer a connection.
    mutating func answer(_ number: Int, _ line: [UInt8]) {
        connections[number]?.connection.answer(line, at: .now)
        write(number)
        closeEnded()
    }

    /// Takes no more connections.
    mutating func closeListener() {
        if listener >= 0 { _ = SystemCalls.close(listener) }
        listener = -1
    }

    /// Closes everything.
    mutating func close() {
        closeListener()
        for (descriptor, _) in connections.values { _ = SystemCalls.close(descriptor) }
        connections = [:]
    }

    /// Waits for something to come, not beyond a time.
    ///
    /// - Returns: lines that are whole now, with the numbers of their connections.
    mutating func wait(until end: ContinuousClock.Instant?) -> [(connection: Int, line: [UInt8])] {
        if let pause, pause <= .now { self.pause = nil }
        var polled = [pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)]
        // One that is not open is passed over.
        polled.append(pollfd(fd: pause == nil ? listener : -1, events: Int16(POLLIN), revents: 0))
        let numbers = connections.keys.filter { connections[$0]?.connection.phase != .working }
        for number in numbers {
            guard let (descriptor, connection) = connections[number] else { continue }
            let events = connection.phase == .writing ? POLLOUT : POLLIN
            polled.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        }
        let times = [end, pause] + connections.values.map(\.connection.deadline)
        let found = unsafe poll(&polled, UInt(polled.count), Self.milliseconds(until: times))
        if found > 0, polled[0].revents != 0 { _ = drainWakeup() }
        var lines: [(connection: Int, line: [UInt8])] = []
        for (index, number) in numbers.enumerated() {
            if found > 0, polled[index + 2].revents != 0, let line = serve(number) { lines.append((number, line)) }
            connections[number]?.connection.look(at: .now)
        }
        closeEnded()
        if found > 0, polled[1].revents != 0 { accept() }
        return lines
    }

    private static func milliseconds(until times: [ContinuousClock.Instant?]) -> Int32 {
        guard let first = times.compactMap(\.self).min() else { return -1 }
        return Int32(max(.zero, min(first - .now, .seconds(60))) / .milliseconds(1)) + 1
    }

    private func drainWakeup() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        return unsafe read(wakeup, &bytes, bytes.count) > 0
    }

    /// Reads or writes what can be; gives the line that is whole by that.
    private mutating func serve(_ number: Int) -> [UInt8]? {
        guard let (descriptor, connection) = connections[number] else { return nil }
        guard connection.phase == .reading else {
            write(number)
            return nil
        }
        guard let bytes = UnixSocket.read(descriptor, upTo: 65_536) else { return nil }
        return connections[number]?.connection.received(bytes, at: .now)
    }

    private mutating func write(_ number: Int) {
        guard let (descriptor, connection) = connections[number], connection.phase == .writing else { return }
        connections[number]?.connection.wrote(UnixSocket.write(connection.unwritten, to: descriptor))
    }

    private mutating func closeEnded() {
        for (number, entry) in connections where entry.connection.phase == .ended {
            _ = SystemCalls.close(entry.descriptor)
            connections[number] = nil
        }
    }

    /// Takes the connections that wait; of those that are too many each is told so and closed.
    private mutating func accept() {
        while let descriptor = UnixSocket.accept(listener) {
            guard connections.count < limits.connections else {
                _ = UnixSocket.write(Self.busy[...], to: descriptor)
                _ = SystemCalls.close(descriptor)
                continue
            }
            newest += 1
            connections[newest] = (descriptor, ControlConnection(limits, at: .now))
        }
        // It would be found ready again and again.
        if errno == EMFILE || errno == ENFILE { pause = .now + .seconds(1) }
    }

    /// What somebody is told who is one too many.
    static let busyKind = "busy"
    private static let busy =
        JSON.object(
            JSONObject([
                .init(key: "ok", value: false), .init(key: "kind", value: .string(busyKind)),
                .init(key: "message", value: "too many commands come at once; try again"),
            ])
        ).bytes + [0x0A]
}
