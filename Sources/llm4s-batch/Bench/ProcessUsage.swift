import Foundation

/// What a process has used up, as the system counts it.
enum ProcessUsage {
    /// The CPU time of this process, user and system, of all its threads.
    static var cpuTime: Duration {
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

    /// The CPU time of another process; nil where the system does not tell.
    static func cpuTime(of process: Int32) -> Duration? {
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

    /// The memory that this process holds now, in KiB; 0 where the system does not tell.
    static var residentKilobytes: Int { status("VmRSS:") }

    /// The most memory that it ever held, in KiB; 0 where the system does not tell.
    static var peakResidentKilobytes: Int { status("VmHWM:") }

    private static func status(_ field: String) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(field) })
        else { return 0 }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// The clock that the mock stamps events with, in Unix microseconds.
    static var unixMicroseconds: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double { self / .seconds(1) }
}
