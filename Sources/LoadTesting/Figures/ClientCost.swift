import Foundation

/// What the client itself took: if that is much, the test measured the client.
package struct ClientCost: Sendable, Equatable {
    /// CPU seconds, user and system.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    package var chunks: Int
    /// The most memory that the process held, in bytes.
    package var peakBytes: Int
    /// What each open stream took, in bytes; nil where there were none or the system does not say.
    package var bytesPerStream: Double?
    /// How late the event loops ran their timers, in seconds.
    package var loopLag: Distribution

    package init(
        cpuSeconds: Double, wallSeconds: Double, chunks: Int, peakBytes: Int, bytesPerStream: Double?,
        loopLag: Distribution
    ) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.chunks = chunks
        self.peakBytes = peakBytes
        self.bytesPerStream = bytesPerStream
        self.loopLag = loopLag
    }

    /// The share of one core.
    package var coreShare: Double { wallSeconds > 0 ? cpuSeconds / wallSeconds : 0 }
    /// CPU of each chunk, in seconds.
    package var cpuPerChunk: Double? { chunks > 0 ? cpuSeconds / Double(chunks) : nil }

    /// Above this share of a core the test measured the client.
    package static let greatestCoreShare = 0.8
    /// Above this share of the time to first token, between due and sent, the test measured the client.
    package static let greatestDispatchShare = 0.01
}

/// What a process has used, as the system counts it.
package enum ProcessUsage {
    /// The CPU time of this process, user and system, of all its threads.
    package static var cpuTime: Duration {
        var usage = rusage()
        #if canImport(Glibc)
            let own = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let own = RUSAGE_SELF
        #endif
        guard unsafe getrusage(own, &usage) == 0 else { return .zero }
        func duration(_ time: timeval) -> Duration { .seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec)) }
        return duration(usage.ru_utime) + duration(usage.ru_stime)
    }

    /// The CPU time of another process; nil where the system does not say.
    package static func cpuTime(of process: Int32) -> Duration? {
        #if canImport(Glibc)
            var clock = clockid_t()
            var time = timespec()
            guard unsafe clock_getcpuclockid(process, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
                return nil
            }
            return .seconds(time.tv_sec) + .nanoseconds(Int64(time.tv_nsec))
        #else
            return nil
        #endif
    }

    /// The memory that this process holds now, in KiB; 0 where the system does not say.
    package static var residentKilobytes: Int { status("VmRSS:") }

    /// The most memory that it ever held, in KiB; 0 where the system does not say.
    package static var peakResidentKilobytes: Int { status("VmHWM:") }

    private static func status(_ field: String) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(field) })
        else { return 0 }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
