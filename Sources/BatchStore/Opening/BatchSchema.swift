/// The schema of the database: the one DDL there is, from schema/*.sql.
package enum BatchSchema {
    /// The script that makes a database, as the command `schema` prints it.
    package static var sql: String { String(decoding: PackageResources.schema_v2_sql, as: UTF8.self) }

    /// The script that makes its views for one connection alone, where they stand before those of the file: a file that
    /// an earlier version made has that version's.
    ///
    /// - Parameter found: the schema of the file. What an earlier one lacks is NULL.
    static func temporaryViews(for found: Int) -> String {
        (found < 2 ? additions : "") + views.map { "CREATE TEMP VIEW \($0);" }.joined(separator: "\n")
    }

    /// Tables of schema 1 with the columns of schema 2.
    private static let additions = """
        CREATE TEMP VIEW attempts AS SELECT *, NULL AS service_tier FROM main.attempts;
        CREATE TEMP VIEW runs AS SELECT *, NULL AS stop_reason FROM main.runs;

        """

    /// The views, each from its name on, without the semicolon.
    private static var views: [Substring] {
        sql.split(separator: "\nCREATE VIEW ").dropFirst()
            .map { view in view.prefix(upTo: view.firstIndex(of: ";") ?? view.endIndex) }
    }

    /// Useful queries on it, as the command `schema --queries` prints them.
    package static var queries: String { String(decoding: PackageResources.queries_sql, as: UTF8.self) }

    /// The number of the schema: `user_version`.
    package static var version: Int { migrations.count }

    /// All steps to the current schema: an empty file comes to it at once, and schema 1 by its step.
    package static var migrations: [Migration] {
        let step = String(decoding: PackageResources.migration_v2_sql, as: UTF8.self)
        let views = self.views.map { "CREATE VIEW \($0);" }.joined(separator: "\n")
        return [Migration(""), Migration(step + views, whole: sql)]
    }

    /// The oldest schema that is read as it is.
    static let oldestRead = 1
}
