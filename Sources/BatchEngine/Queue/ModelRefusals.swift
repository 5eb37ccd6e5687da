/// Tells a model that is refused by itself from a provider that refuses: requests of its other models are answered
/// meanwhile that were sent later.
///
/// A limit that the models share is met by all of them, so that few in a row prove nothing.
struct ModelRefusals: Sendable {
    private static let telling = 5

    /// The model's refusals in a row, and the place among all tries of the first.
    private var count = 0
    private var first: Int?
    /// Answers to requests of other models that were sent since.
    private var answersToOthers = 0

    /// Whether the refusals are of the model alone.
    var areOfModel: Bool { count >= Self.telling && answersToOthers >= Self.telling }

    /// Takes a refusal of a request of the model.
    mutating func refused(_ flight: Flight) {
        count += 1
        first = min(first ?? flight.order, flight.order)
    }

    /// Takes an answer to a request of the model.
    mutating func answered() { self = ModelRefusals() }

    /// Takes an answer to a request of another model.
    mutating func otherAnswered(_ flight: Flight) {
        if let first, flight.order > first { answersToOthers += 1 }
    }
}
