import LLMStreaming

/// Numbers of stored rows within bounds: other programs may write into the file, and an earlier version may have.
///
/// These read what is calculated with. `integer` reads what is only compared: the numbers of rows and of lines.
extension Statement {
    /// The integer in a column, clamped to what can be calculated with; 0 for NULL.
    func int(_ column: Int32) -> Int { Int(integer(column)).clamped(to: NumberGate.sums) }

    /// The integer in a column, clamped to what can be calculated with; nil for NULL.
    func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }

    /// The count in a column; nil for NULL and for what cannot be a count.
    func optionalCount(_ column: Int32) -> Int? { NumberGate.count(optionalInteger(column).map(Int.init)) }

    /// The money in a column; nil for NULL and for what cannot be an amount.
    func optionalMoney(_ column: Int32) -> Double? { NumberGate.money(optionalDouble(column)) }

    /// The Unix milliseconds in a column, clamped to the years 1970 to 9999; 1970 for NULL.
    func unixMilliseconds(_ column: Int32) -> Int64 { integer(column).clamped(to: NumberGate.unixMilliseconds) }

    /// The Unix milliseconds in a column, clamped to the years 1970 to 9999; nil for NULL.
    func optionalUnixMilliseconds(_ column: Int32) -> Int64? { isNull(column) ? nil : unixMilliseconds(column) }

    /// The Unix seconds in a column, clamped to the years 1970 to 9999; 1970 for NULL.
    func unixSeconds(_ column: Int32) -> Int64 {
        integer(column).clamped(to: 0...NumberGate.unixMilliseconds.upperBound / 1000)
    }

    /// The length of time in a column, clamped to a hundred years; 0 for NULL.
    func microseconds(_ column: Int32) -> Int64 { integer(column).clamped(to: NumberGate.microseconds) }

    /// The length of time in a column, clamped to a hundred years; nil for NULL.
    func optionalMicroseconds(_ column: Int32) -> Int64? { isNull(column) ? nil : microseconds(column) }
}
