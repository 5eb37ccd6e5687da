import CSQLite
import SystemCalls

/// A worker's lock on the database file itself, beside that on `DB.lock`: whoever deletes the lock file does not let a
/// second worker in.
///
/// It lies on SQLite's own descriptor, since closing another one would drop the locks that SQLite has on the file. On
/// Linux it is apart from those; other systems take both for one kind, and so do network file systems.
enum DatabaseLock {
    /// What a try to take it came to.
    enum Outcome {
        case taken
        /// Another worker has it.
        case held
        /// There is none here: the lock file decides alone.
        case none
    }

    /// Takes it for a descriptor.
    static func take(_ descriptor: Int32) -> Outcome {
        #if os(Linux)
            guard descriptor >= 0, csqlite_is_remote(descriptor) == 0 else { return .none }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .taken }
            return errno == EWOULDBLOCK ? .held : .none
        #else
            return .none
        #endif
    }

    /// Gives it back, before the descriptor is closed: a child that is being started may have it for a moment too.
    static func release(_ descriptor: Int32) { _ = flock(descriptor, LOCK_UN) }
}
