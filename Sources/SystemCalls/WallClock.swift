/// The system's time of day, between the years 1970 and 9999 whatever it says.
package enum WallClock {
    private static let seconds: ClosedRange<Int64> = 0...253_402_300_799

    /// Seconds since 1970 and the nanoseconds behind them.
    private static var now: (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        let seconds = min(max(Int64(time.tv_sec), seconds.lowerBound), seconds.upperBound)
        return (seconds, Int64(time.tv_nsec))
    }

    /// Seconds since 1970.
    package static var unixSeconds: Double {
        let now = now
        return Double(now.seconds) + Double(now.nanoseconds) / 1e9
    }

    /// Milliseconds since 1970.
    package static var unixMilliseconds: Int64 {
        let now = now
        return now.seconds * 1000 + now.nanoseconds / 1_000_000
    }

    /// Microseconds since 1970.
    package static var unixMicroseconds: Int64 {
        let now = now
        return now.seconds * 1_000_000 + now.nanoseconds / 1000
    }
}
