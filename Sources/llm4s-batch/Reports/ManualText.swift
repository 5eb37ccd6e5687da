/// What the manual page says beside what the argument parser knows.
enum ManualText {
    /// Each exit status and its meaning; where several hold, the first of the order that is told.
    static let exitStatus = [
        ("0", "every job is completed"), ("1", "some job has failed, now or earlier"),
        ("2", "usage or input error; of files nothing was sent"),
        ("3", "the database cannot be used: locked by another worker, not ours, newer, corrupt, disk full"),
        ("4", "stopped with work left: by a limit of yours, or a provider or model that gets no more requests"),
        ("129, 130, 143", "ended by SIGHUP, SIGINT, SIGTERM after an orderly stop"),
    ]
    static let exitOrder = "Where several hold, the first of 3, then 129, 130 and 143, 4, 2, 1, 0."

    /// What a command does, and the command.
    static let examples = [
        (
            "Look for faults in the jobs, and tell what they would use up, before anything is sent:",
            "llm4s-batch validate jobs/quickstart.jsonl --estimate"
        ),
        (
            "Run them; again after a break, an error or new lines, it does only what is left:",
            "llm4s-batch run jobs/quickstart.jsonl --db quickstart.db"
        ),
        ("See where it stands, from another terminal until it ends:", "llm4s-batch status quickstart.db --watch"),
        ("Try again what the server failed on:", "llm4s-batch retry --db quickstart.db --error-kind server"),
        (
            "Take the answers out, and look at what they took:",
            "llm4s-batch results --db quickstart.db --format csv -o answers.csv"
        ),
        ("", "llm4s-batch stats quickstart.db"),
        (
            "Keep the answers, and not how they came, piece by piece:",
            "llm4s-batch compact --db quickstart.db --chunks none"
        ),
    ]
}
