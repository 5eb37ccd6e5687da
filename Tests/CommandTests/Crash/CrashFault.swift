/// What the shim does to one of the program's calls on its database's files.
struct CrashFault: CustomStringConvertible {
    enum Kind: String, CaseIterable {
        /// The process is killed before the call.
        case kill
        /// A part of a write is done, then the process is killed.
        case tear
        /// The call fails: the disk cannot.
        case eio
        /// The call fails: the disk is full.
        case enospc
        /// The call fails: the system has no memory for it.
        case enomem
        /// A part of a write is done, and the call says so.
        case short
    }

    var kind: Kind
    /// Which call it meets, from 1.
    var call: Int
    /// The one kind of calls that are counted and met; nil for all.
    var only: DiskRecord.Kind?
    /// Whether all later calls fail too.
    var isLasting = false
    /// How much of a torn or short write is done, in thousandths.
    var part = 500

    /// Whether the process does not outlive it.
    var isDeath: Bool { kind == .kill || kind == .tear }

    /// Whether reads and openings are counted too: they can fail, but not change what a death leaves.
    var countsLooks: Bool { kind == .eio }

    /// The shim's variables, `LLM4S_CRASH_`.
    var variables: [String: String] {
        var variables = [
            "FAULT": kind.rawValue, "AT": "\(call)", "LASTING": isLasting ? "1" : "0", "PART": "\(part)",
            "LOOKS": countsLooks ? "1" : "0",
        ]
        variables["ONLY"] = only.map { "\($0)" }
        return variables
    }

    var description: String {
        "\(kind.rawValue) at \(only.map { "\($0) " } ?? "")call \(call)\(isLasting ? " and all later ones" : "")"
    }
}
