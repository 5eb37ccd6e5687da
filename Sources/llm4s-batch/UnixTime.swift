import Foundation

/// The time of day as tables hold it.
enum UnixTime {
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
