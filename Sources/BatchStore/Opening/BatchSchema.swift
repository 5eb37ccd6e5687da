/// The schema of the database, from schema/*.sql; there is no other DDL.
package enum BatchSchema {
    /// The script that makes a database, as the command `schema` prints it.
    package static var sql: String { String(decoding: PackageResources.schema_v6_sql, as: UTF8.self) }

    /// The script that makes its views for one connection alone, where they stand before those of the file: a file that
    /// an earlier version made has that version's.
    ///
    /// - Parameters:
    ///   - found: the schema of the file. What an earlier one lacks is NULL.
    ///   - isOfRange: whether they are of the attempts and answers of a range of jobs alone, which the table `job_range`
    ///     then holds.
    static func temporaryViews(for found: Int, isOfRange: Bool = false) -> String {
        (isOfRange ? range : "") + attempts(for: found, isOfRange: isOfRange)
            + completions(for: found, isOfRange: isOfRange)
            + runs(for: found) + (found < 4 ? changes : "") + (found < 5 ? jobs : "")
            + views.map { "CREATE TEMP VIEW \($0);" }.joined(separator: "\n")
    }

    /// The table of schemas 1 to 5 with the columns of schema 6, or a part of any.
    private static func attempts(for found: Int, isOfRange: Bool) -> String {
        guard found < 6 || isOfRange else { return "" }
        let columns = "*" + (found < 2 ? ", NULL AS service_tier" : "") + (found < 6 ? ", NULL AS endpoint" : "")
        return "CREATE TEMP VIEW attempts AS SELECT \(columns) FROM main.attempts\(isOfRange ? isInRange : "");\n"
    }

    /// The table of schemas 1 to 4 with the columns of schema 5, or a part of any.
    ///
    /// By the index of the primary key: SQLite would look through the index of all answers' usage for each range.
    private static func completions(for found: Int, isOfRange: Bool) -> String {
        guard found < 5 || isOfRange else { return "" }
        let columns = found < 5 ? #"*, NULL AS "check", NULL AS check_report, NULL AS copied_from"# : "*"
        let rows = isOfRange ? " INDEXED BY sqlite_autoindex_completions_1\(isInRange)" : ""
        return "CREATE TEMP VIEW completions AS SELECT \(columns) FROM main.completions\(rows);\n"
    }

    /// The tables of schemas 1 to 4 with the columns of schema 5: what names an index of theirs names `main.jobs`.
    private static let jobs = """
        CREATE TEMP VIEW jobs AS SELECT *, 0 AS answers, NULL AS sample FROM main.jobs;
        CREATE TEMP VIEW requests AS SELECT *, NULL AS "check" FROM main.requests;

        """

    /// The table of schemas 1 to 5 with the columns of schema 6.
    private static func runs(for found: Int) -> String {
        guard found < 6 else { return "" }
        let columns = "*" + (found < 2 ? ", NULL AS stop_reason" : "") + ", NULL AS endpoints"
        return "CREATE TEMP VIEW runs AS SELECT \(columns) FROM main.runs;\n"
    }

    /// The first and the last number of the jobs of a range.
    private static let range = """
        CREATE TEMP TABLE job_range (low INTEGER NOT NULL, high INTEGER NOT NULL);
        INSERT INTO temp.job_range VALUES (0, 0);

        """

    private static let isInRange =
        " WHERE job_id BETWEEN (SELECT low FROM temp.job_range) AND (SELECT high FROM temp.job_range)"

    /// What no run of an earlier schema was told.
    private static let changes = """
        CREATE TEMP VIEW run_changes AS SELECT NULL AS run_id, NULL AS number, NULL AS at_ms, NULL AS command,
            NULL AS value, NULL AS keep, NULL AS streams_over WHERE FALSE;

        """

    /// The script that makes the tables and indexes alone, without a comment: SQLite stores what it is told of each, and a
    /// small file would hold little else.
    static var tables: String {
        sql.split(separator: "\nCREATE VIEW ", maxSplits: 1)[0].split(separator: "\n")
            .filter { !$0.drop { $0 == " " }.hasPrefix("--") }.joined(separator: "\n")
    }

    /// The views, each from its name on, without the semicolon.
    private static var views: [Substring] {
        sql.split(separator: "\nCREATE VIEW ").dropFirst()
            .map { view in view.prefix(upTo: view.firstIndex(of: ";") ?? view.endIndex) }
    }

    /// Useful queries on it, as the command `schema --queries` prints them.
    package static var queries: String { String(decoding: PackageResources.queries_sql, as: UTF8.self) }

    /// The number of the schema: `user_version`.
    package static var version: Int { migrations.count }

    /// All steps to the current schema: an empty file comes to it at once, and an older one step by step.
    package static var migrations: [Migration] {
        let steps = [
            PackageResources.migration_v2_sql, PackageResources.migration_v3_sql, PackageResources.migration_v4_sql,
            PackageResources.migration_v5_sql, PackageResources.migration_v6_sql,
        ].map { String(decoding: $0, as: UTF8.self) }
        let views = self.views.map { "CREATE VIEW \($0);" }.joined(separator: "\n")
        return [Migration("")] + steps.dropLast().map { Migration($0) }
            + [Migration(steps[steps.count - 1] + views, whole: sql)]
    }

    /// The statement that makes the index of ids, also where the load of a new file went without it.
    static var idIndex: String {
        let found = sql.split(separator: "\n").first { $0.hasPrefix("CREATE UNIQUE INDEX jobs_id ") }
        guard let found else { preconditionFailure("the schema has no index of ids") }
        return String(found)
    }

    /// The statement that makes the index of answered requests, which only a run has that looks for equal ones.
    static var answeredIndex: String { String(decoding: PackageResources.answered_sql, as: UTF8.self) }

    /// The oldest schema that is read as it is.
    static let oldestRead = 1
}

/// A numbered step of the schema: its script leads from the number before to its own.
///
/// The number is its place in the list, from 1, and its script sets `user_version` to it.
package struct Migration: Sendable {
    let script: String
    /// Makes its whole schema from an empty file, without the steps before; nil where only the step does.
    let whole: String?

    package init(_ script: String, whole: String? = nil) {
        self.script = script
        self.whole = whole
    }

    /// Brings a database up to the last migration, in one transaction: whatever fails leaves the old one as it was.
    ///
    /// - Throws: `newerSchema`, or why SQLite refused.
    static func migrate(
        _ connection: borrowing Connection, through migrations: [Migration], path: DatabasePath
    ) throws(StoreError) {
        let found = try schema(of: connection, path: path)
        guard found <= migrations.count else {
            throw StoreError(.newerSchema(found: found, known: migrations.count), path: path.real)
        }
        guard found < migrations.count else { return }
        try path.naming { () throws(SQLiteFailure) in
            connection.allowSchemaWriting()
            try connection.transaction { () throws(SQLiteFailure) in
                // Another program may have begun one of its own in an empty file, and held the lock until now.
                if found == 0, try connection.integer("SELECT 1 FROM sqlite_schema LIMIT 1") != nil {
                    throw SQLiteFailure.notOurs
                }
                for script in scripts(from: found, through: migrations) { try connection.run(script) }
            }
        }
        let reached = try schema(of: connection, path: path)
        precondition(reached == migrations.count, "migration \(migrations.count) says that it is \(reached)")
    }

    /// What leads from a schema to the last one: from none at all through the newest that is made whole.
    private static func scripts(from found: Int, through migrations: [Migration]) -> [String] {
        let whole = found == 0 ? migrations.lastIndex { $0.whole != nil } : nil
        guard let whole, let script = migrations[whole].whole else { return migrations[found...].map(\.script) }
        return [script] + migrations[(whole + 1)...].map(\.script)
    }

    /// The number of the schema that a connection sees.
    static func schema(of connection: borrowing Connection, path: DatabasePath) throws(StoreError) -> Int {
        try path.naming { () throws(SQLiteFailure) in try Int(connection.integer("PRAGMA user_version") ?? 0) }
    }
}
