package import LLMStreaming
import Synchronization

/// The checks of a run, each read and compiled once: a million jobs share one schema.
///
/// Found by comparison, the newest first, and not by a hash: that would have to look at all of a schema each time, and
/// jobs after each other mostly have the same.
package final class CheckCache: Sendable {
    /// How many are kept of each kind: those that were used last.
    package static let capacity = 64

    private struct Compilation {
        let check: AnswerCheck
        let referred: CompiledCheck.Referred
        let compiled: CompiledCheck
    }

    private let compilations = Mutex<[Compilation]>([])
    private let readings = Mutex<[(json: JSON, check: AnswerCheck)]>([])

    /// A cache with nothing in it.
    package init() {}

    /// The check of a job line's member, as `AnswerCheck(_:)` reads it.
    package func check(_ json: JSON) throws(CheckFault) -> AnswerCheck {
        if let known = readings.withLock({ Self.newest(&$0) { $0.json == json } }) { return known.check }
        let check = try AnswerCheck(json)
        readings.withLock { Self.keep((json, check), in: &$0) }
        return check
    }

    /// The check, compiled for a request.
    package func compiled(_ check: AnswerCheck, for content: RequestContent) throws(CheckFault) -> CompiledCheck {
        let referred = CompiledCheck.Referred(by: check, in: content)
        let known = compilations.withLock {
            Self.newest(&$0) { $0.check == check && $0.referred == referred }
        }
        if let known { return known.compiled }
        // Not under the lock; that two threads may both compile the first one does no harm.
        let compiled = try CompiledCheck(check, referred)
        compilations.withLock {
            Self.keep(Compilation(check: check, referred: referred, compiled: compiled), in: &$0)
        }
        return compiled
    }

    private static func newest<Entry>(_ entries: inout [Entry], where isWanted: (Entry) -> Bool) -> Entry? {
        guard let index = entries.firstIndex(where: isWanted) else { return nil }
        let entry = entries[index]
        if index > 0 {
            entries.remove(at: index)
            entries.insert(entry, at: 0)
        }
        return entry
    }

    private static func keep<Entry>(_ entry: Entry, in entries: inout [Entry]) {
        if entries.count == capacity { entries.removeLast() }
        entries.insert(entry, at: 0)
    }
}
