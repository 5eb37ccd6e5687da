/// What a job asks, and what a right answer to it is: jobs with the same key get one answer (Contract, "Equal requests").
///
/// 128 bits of a SHA-256, so that no two requests are ever taken for one.
struct RequestKey: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// The key of a job: of its provider, model, request and check, and of its number among the samples of its line, which
    /// are to differ.
    init(of job: borrowing Job) {
        var hash = ByteHash()
        // Each field behind its length: none can run into the next.
        func add(_ field: some Collection<UInt8>) {
            var bytes = [UInt8](String(field.count).utf8)
            bytes.append(UInt8(ascii: ":"))
            bytes += field
            hash.append(bytes[...])
        }
        add(job.provider.utf8)
        add(job.model.utf8)
        add(job.requestSHA256.utf8)
        add((job.sample.map(String.init) ?? "").utf8)
        if let check = job.check { add(check) }
        let digest = hash.digest()
        high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
