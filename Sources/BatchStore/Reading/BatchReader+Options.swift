extension BatchReader {
    /// The options of the newest run, JSON; nil before the first.
    package func newestOptions() throws(StoreError) -> String? {
        try read { (connection) throws(SQLiteFailure) in
            try connection.texts("SELECT options FROM runs ORDER BY run_id DESC LIMIT 1").first
        }
    }
}
