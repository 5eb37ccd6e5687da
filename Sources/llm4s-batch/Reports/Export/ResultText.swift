import BatchEngine
import BatchStore
import LLMStreaming

/// Contents for a reader, each under a line with its job's id, as `head` and `tail` tell files apart.
enum ResultText {
    /// The answers of a job, its partial texts, or its error, and an empty line.
    static func text(_ result: JobResult, partial: StoredPartial?, isForTerminal: Bool) -> String {
        let job = result.job
        var parts: [(title: String, text: String)] = []
        if !result.completions.isEmpty {
            parts = result.completions.map { completion in
                (result.completions.count > 1 ? " · answer \(completion.choice)" : "", content(completion))
            }
        } else {
            let choices = partial?.answer.choices ?? []
            parts = choices.map { choice in
                (" · \(job.status.rawValue)" + (choices.count > 1 ? " · answer \(choice.index)" : ""), choice.text)
            }
            if parts.isEmpty || job.status == .failed {
                let error = job.error.map { "\(job.errorKind ?? "error"): \($0)" } ?? "no answer yet"
                parts.append((" · \(job.status.rawValue)", error))
            }
        }
        return parts.map { part in
            let text = isForTerminal ? TerminalText.safe(part.text) : part.text
            // An id may hold anything; it must not look like two lines.
            let title = TerminalText.line(job.customID, limit: 256) + part.title
            return "==> \(title) <==\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\n"
        }.joined()
    }

    private static func content(_ completion: StoredCompletion) -> String {
        var texts = [completion.content, completion.refusal ?? ""].filter { !$0.isEmpty }
        for call in completion.toolCalls.flatMap(JSON.parsed)?.array ?? [] {
            let name = call["function"]?["name"]?.string ?? ""
            texts.append("tool call \(name) \(call["function"]?["arguments"]?.string ?? "")")
        }
        return texts.joined(separator: "\n")
    }
}
