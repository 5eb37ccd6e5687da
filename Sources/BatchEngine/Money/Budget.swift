/// An amount that the jobs of a run may use up: what is spent, and what is set aside for requests under way.
package struct Budget: Sendable, Equatable {
    /// The most; nil for no bound.
    package let cap: Double?
    /// What was used up, by report or estimate, earlier runs included.
    package private(set) var spent: Double
    private var reserved = 0.0

    package init(cap: Double?, spent: Double = 0) {
        self.cap = cap
        self.spent = Self.checked(spent)
    }

    /// Whether so much more may be set aside.
    func allows(_ amount: Double) -> Bool { cap.map { spent + reserved + amount <= $0 } ?? true }

    /// How much more was used than allowed; nil where not.
    package var overshoot: Double? { cap.flatMap { spent > $0 ? spent - $0 : nil } }

    mutating func reserve(_ amount: Double) { reserved += Self.checked(amount) }

    /// Takes what a request used in place of what was set aside for it.
    mutating func settle(reserved amount: Double, used: Double) {
        reserved = max(0, reserved - Self.checked(amount))
        spent += Self.checked(used)
    }

    /// What is summed is never negative, and a number: nothing that is used makes room for more.
    private static func checked(_ amount: Double) -> Double { amount > 0 && amount.isFinite ? amount : 0 }
}
