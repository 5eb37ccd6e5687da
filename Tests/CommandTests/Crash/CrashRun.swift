import Foundation

/// How a run ended that a fault had met, and what it had told until then.
struct CrashRun {
    var fault: CrashFault?
    /// The exit status; negative: the signal.
    var status: Int32
    /// What it wrote on standard error.
    var error: String
    /// The call that the fault met, in the shim's words; nil where the run had ended before.
    var met: String?
    /// Whether it had to be ended from outside.
    var isHung: Bool
    /// Whether it was run without `--progress json`, as `merge` is, which has no such option.
    var isPlain = false

    /// The jobs that it told to be completed.
    var told: Set<String> { Self.told(in: error) }

    /// The jobs that whole lines of `--progress json` tell to be completed.
    static func told(in text: String) -> Set<String> {
        var ids: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            guard line.contains(#""event":"job_ended""#),
                let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                object["status"] as? String == "completed", let id = object["id"] as? String
            else { continue }
            ids.insert(id)
        }
        return ids
    }

    /// Whether it ended by the rules: killed where the fault kills, with 3 and a reason or, where the fault did no harm,
    /// with 0 where a call failed, and never by a trap or not at all.
    var findings: [CrashFinding] {
        let circumstances =
            "\(met ?? "no fault met") (\(fault.map { "\($0)" } ?? "killed from outside")): \(error.suffix(400))"
        if isHung { return [.ending("not at all, \(circumstances)")] }
        if fault?.isDeath == true, met != nil {
            return status == -SIGKILL ? [] : [.ending("status \(status) where it was killed, \(circumstances)")]
        }
        if fault == nil, status == -SIGKILL { return [] }
        if status == 0 { return [] }
        guard met != nil, status == 3 else { return [.ending("status \(status), \(circumstances)")] }
        guard isReasonTold else { return [.ending("status 3 without a word, \(circumstances)")] }
        // A call that fails is not to be told as damage, nor as what it is not.
        let wrong = fault?.kind == .eio ? ["damaged", "no space"] : ["damaged"]
        return wrong.filter(error.contains).map { .ending("told as \($0), \(circumstances)") }
    }

    /// Whether it said why it ended; that a merge is at its second database says nothing of it.
    private var isReasonTold: Bool {
        guard isPlain else { return error.contains(#""level":"error""#) }
        return error.split(separator: "\n").contains { $0.wholeMatch(of: #/\d+ of \d+: .*/#) == nil }
    }
}
