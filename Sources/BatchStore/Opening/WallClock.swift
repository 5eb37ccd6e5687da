import BatchEngine
import LLMStreaming

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The system's time of day.
enum WallClock {
    /// Unix milliseconds.
    static func milliseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let seconds = Int64(time.tv_sec).clamped(to: 0...NumberGate.unixMilliseconds.upperBound / 1000)
        return TimeOfDay.believed(seconds * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
