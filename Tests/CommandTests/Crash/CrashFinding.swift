/// A promise that a trial found broken.
enum CrashFinding: Hashable, CustomStringConvertible {
    /// An answer that was told of is not there.
    case lost(String)
    /// A job has two answers.
    case doubled(String)
    /// An answer is not the one that was sent, or not the one that was stored before.
    case changed(String)
    /// The database does not hold what always holds, or cannot be read.
    case broken(String)
    /// The faulty run ended otherwise than by the rules.
    case ending(String)
    /// The run after the fault did not complete every job.
    case unfinished(String)

    var description: String {
        switch self {
        case .lost(let id): "lost: \(id)"
        case .doubled(let id): "doubled: \(id)"
        case .changed(let id): "changed: \(id)"
        case .broken(let text): "broken: \(text)"
        case .ending(let text): "ended: \(text)"
        case .unfinished(let text): "unfinished: \(text)"
        }
    }
}
