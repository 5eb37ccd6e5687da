import Foundation

/// How long the first release build takes, its dependencies fetched before; once, as it takes minutes.
struct BuildGoal {
    private let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    func measure() -> [GoalLine] {
        let folder = workplace.scratch.path("build")
        let swift = ["/usr/bin/env", "swift"]
        let package = ["--package-path", Workplace.root.path, "--scratch-path", folder]
        guard Child.output(swift + ["package"] + package + ["resolve"]) != nil else {
            return [GoalLine("release build", skipped: "its dependencies cannot be fetched")]
        }
        let start = ContinuousClock.now
        guard
            Child.output(swift + ["build", "-c", "release", "--product", "llm4s-batch"] + package, limit: 3600) != nil
        else { return [GoalLine("release build", skipped: "it failed")] }
        let seconds = start.duration(to: .now) / .seconds(1)
        return [
            GoalLine("swift build -c release --product llm4s-batch", .atMost(180), [seconds], unit: " s", digits: 0)
        ]
    }
}
