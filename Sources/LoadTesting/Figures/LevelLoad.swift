/// The load of one level of a test.
package struct LevelLoad: Sendable, Equatable {
    /// The most requests open at once; nil for no bound.
    package var concurrency: Int?
    /// Requests a second; nil where the next is sent as soon as one has ended.
    package var rate: Double?
    package var spacing: Arrivals.Spacing

    package init(concurrency: Int?, rate: Double? = nil, spacing: Arrivals.Spacing = .constant) {
        self.concurrency = concurrency
        self.rate = rate
        self.spacing = spacing
    }

    /// In words.
    package var text: String {
        let bound = concurrency.map { "\($0) open at once" }
        guard let rate else { return bound ?? "no bound" }
        let spacing = spacing == .poisson ? "Poisson" : "constant"
        return "\(Figure.short(rate)) requests/s (\(spacing))" + (bound.map { ", at most \($0)" } ?? "")
    }
}
