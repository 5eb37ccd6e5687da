extension DatabasePath {
    /// Runs statements on the file and gives their failures its name.
    func naming<Value: ~Copyable>(_ body: () throws(SQLiteFailure) -> Value) throws(StoreError) -> Value {
        do { return try body() } catch { throw error.storeError(path: real) }
    }
}
