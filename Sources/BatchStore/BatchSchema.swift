/// The schema of the database: the one DDL there is, from schema/*.sql.
package enum BatchSchema {
    /// The script that makes a database, as the command `schema` prints it.
    package static var sql: String { String(decoding: PackageResources.schema_v1_sql, as: UTF8.self) }

    /// The script that makes its views for one connection alone, where they stand before those of the file: a file that
    /// an earlier version made has that version's.
    static var temporaryViews: String {
        sql.split(separator: "\nCREATE VIEW ").dropFirst()
            .map { view in "CREATE TEMP VIEW " + view.prefix(upTo: view.firstIndex(of: ";") ?? view.endIndex) + ";" }
            .joined(separator: "\n")
    }

    /// Useful queries on it, as the command `schema --queries` prints them.
    package static var queries: String { String(decoding: PackageResources.queries_sql, as: UTF8.self) }

    /// The number of the schema: `user_version`.
    package static var version: Int { migrations.count }

    /// All steps from an empty file to the current schema.
    package static var migrations: [Migration] { [Migration(sql)] }
}
