/// Counts the tries of each request, in bounded memory.
///
/// Two generations of counts: when the younger is full it becomes the elder, and the elder is forgotten. A request that
/// was not tried among the last 131,072 different ones starts anew.
struct TryCounter {
    private static let generationSize = 131_072
    private var younger: [UInt64: Int] = [:]
    private var elder: [UInt64: Int] = [:]

    /// Counts one more try and returns how many there were before it.
    mutating func countTry(of request: UInt64) -> Int {
        let before = younger[request] ?? elder[request] ?? 0
        if younger.count >= Self.generationSize, younger[request] == nil {
            elder = younger
            younger = [:]
        }
        younger[request] = before + 1
        return before
    }
}
