/// The fifty jobs of every trial, whose answers are known beforehand.
enum CrashJobs {
    static let count = 50

    /// Some are over at once, some take several commits, so that a cut finds parts of answers too.
    private static let lengths = [2, 5, 9, 14, 40]

    /// The answer of each id.
    static let answers: [String: String] = Dictionary(
        uniqueKeysWithValues: (1...count).map { ("job-\($0)", Answers.counting(to: lengths[$0 % lengths.count])) })

    static let lines = (1...count).map { number in
        Answers.countingJob("job-\(number)", to: lengths[number % lengths.count], options: "+pace=5ms")
    }
}
