/// Which jobs a command is about.
package enum JobScope: Sendable, Equatable {
    /// All of the database, also those that are gone from their files (`resume`).
    case all
    /// Those of these files that are in them now (`run`).
    case sources([String])
    /// These ones (`retry --job`).
    case jobs([Int64])
}
