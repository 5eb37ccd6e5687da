import CSQLite
import LLMStreaming

/// A prepared statement, finalised when it goes out of scope.
///
/// Parameters count from 1, columns from 0.
@safe struct Statement: ~Copyable {
    private let handle: OpaquePointer
    /// What SQLite found wrong with a value that was bound; the next step throws it.
    private let fault = BindFault()

    @unsafe init(_ sql: SQL, on connection: OpaquePointer, isKept: Bool) throws(SQLiteFailure) {
        var prepared: OpaquePointer?
        let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = unsafe sqlite3_prepare_v3(connection, sql.description, -1, flags, &prepared, nil)
        guard code == SQLITE_OK, let prepared = unsafe prepared else {
            throw SQLiteFailure(code: code, on: connection)
        }
        unsafe handle = prepared
    }

    deinit { unsafe sqlite3_finalize(handle) }

    // MARK: Values

    /// Binds an integer.
    func bind(_ value: Int64, at index: Int32) { unsafe check(sqlite3_bind_int64(handle, index, value)) }

    /// Binds an integer.
    func bind(_ value: Int, at index: Int32) { bind(Int64(value), at: index) }

    /// Binds an integer or NULL.
    func bind(_ value: Int64?, at index: Int32) {
        if let value { bind(value, at: index) } else { unsafe check(sqlite3_bind_null(handle, index)) }
    }

    /// Binds an integer or NULL.
    func bind(_ value: Int?, at index: Int32) { bind(value.map(Int64.init), at: index) }

    /// Binds a number or NULL.
    func bind(_ value: Double?, at index: Int32) {
        if let value {
            unsafe check(sqlite3_bind_double(handle, index, value))
        } else {
            unsafe check(sqlite3_bind_null(handle, index))
        }
    }

    /// Binds a text or NULL; SQLite takes a copy.
    func bind(_ value: String?, at index: Int32) {
        guard var value else { return unsafe check(sqlite3_bind_null(handle, index)) }
        value.withUTF8 { bytes in
            unsafe check(bindText(handle, index, bytes, csqlite_transient()))
        }
    }

    /// Binds UTF-8 as a text, or NULL; SQLite takes a copy.
    func bind(utf8 value: [UInt8]?, at index: Int32) {
        guard let value else { return unsafe check(sqlite3_bind_null(handle, index)) }
        unsafe value.withUnsafeBufferPointer { bytes in
            unsafe check(bindText(handle, index, bytes, csqlite_transient()))
        }
    }

    /// Binds UTF-8 as a text that SQLite reads where it is: it must stay there until the statement has run.
    @unsafe func bind(borrowing bytes: UnsafeBufferPointer<UInt8>, at index: Int32) {
        unsafe check(bindText(handle, index, bytes, nil))
    }

    /// A value may be larger than SQLite takes, or than there is memory for; anything else is a wrong index.
    private func check(_ code: Int32) {
        if code == SQLITE_TOOBIG || code == SQLITE_NOMEM { return fault.code = code }
        precondition(code == SQLITE_OK, "SQLite refused a parameter with code \(code)")
    }

    // MARK: Steps

    /// Goes to the next row; false, and the statement is reset, behind the last one.
    func step() throws(SQLiteFailure) -> Bool {
        if let code = fault.code {
            fault.code = nil
            throw SQLiteFailure(code: code, on: nil)
        }
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        unsafe sqlite3_reset(handle)
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Runs a statement to its end and skips its rows.
    func run() throws(SQLiteFailure) { while try step() {} }

    /// Ends the reading of rows, and with it the read transaction.
    func reset() { unsafe sqlite3_reset(handle) }

    private func failure(_ code: Int32) -> SQLiteFailure {
        unsafe SQLiteFailure(code: code, on: sqlite3_db_handle(handle))
    }

    // MARK: Columns

    /// How many columns a row has.
    var columnCount: Int32 { unsafe sqlite3_column_count(handle) }

    /// Whether the column is NULL.
    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// The integer in a column; 0 for NULL.
    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    /// The integer in a column; nil for NULL.
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The number in a column; nil for NULL.
    func optionalDouble(_ column: Int32) -> Double? {
        isNull(column) ? nil : unsafe sqlite3_column_double(handle, column)
    }

    /// The text in a column; empty for NULL.
    func text(_ column: Int32) -> String { unsafe withColumn(column) { unsafe String(decoding: $0, as: UTF8.self) } }

    /// The text in a column; nil for NULL.
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// The bytes of the text in a column; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] { unsafe withColumn(column) { unsafe Array($0) } }

    /// The bytes of the text in a column; nil for NULL.
    func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

    private func withColumn<Value>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        // The address first: asking for it may change the length (sqlite.org/c3ref/column_blob.html).
        let address = unsafe sqlite3_column_text(handle, column)
        let count = unsafe sqlite3_column_bytes(handle, column)
        return unsafe body(UnsafeBufferPointer(start: address, count: address == nil ? 0 : Int(count)))
    }
}

/// What is wrong with a value that was bound; one thread at a time uses it, as its statement.
private final class BindFault {
    var code: Int32?
}

/// Binds UTF-8 as a text, also an empty one.
@unsafe private func bindText(
    _ statement: OpaquePointer, _ index: Int32, _ bytes: UnsafeBufferPointer<UInt8>,
    _ destructor: sqlite3_destructor_type?
) -> Int32 {
    // Nothing at a null address would be NULL.
    guard let address = bytes.baseAddress else {
        return unsafe sqlite3_bind_text(statement, index, "", 0, csqlite_transient())
    }
    return unsafe sqlite3_bind_text64(
        statement, index, UnsafeRawPointer(address).assumingMemoryBound(to: CChar.self), UInt64(bytes.count),
        destructor, UInt8(SQLITE_UTF8))
}

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

/// Values that stand in a column or a parameter as words or lists.
extension Statement {
    /// The word in a column whose CHECK constraint allows those of the type only.
    ///
    /// - Parameter other: what stands for any other word, which only a damaged row has.
    func word<Word: RawRepresentable>(_ column: Int32, else other: Word) -> Word where Word.RawValue == String {
        Word(rawValue: text(column)) ?? other
    }

    /// Binds numbers as a list for `json_each`; nil for NULL.
    func bind(list numbers: (some Collection<Int64>)?, at index: Int32) {
        bind(utf8: numbers.map { JSON.array($0.map { .int(Int($0)) }).bytes }, at: index)
    }

    /// Binds texts as a list for `json_each`; nil for NULL.
    func bind(list texts: (some Collection<String>)?, at index: Int32) {
        bind(utf8: texts.map { JSON.array($0.map(JSON.string)).bytes }, at: index)
    }
}
