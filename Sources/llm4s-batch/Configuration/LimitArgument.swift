import ArgumentParser

/// A limit that a database remembers and that can be taken away: a number, or `none`.
enum LimitArgument<Value: ExpressibleByArgument & Sendable & Equatable>: ExpressibleByArgument, Sendable, Equatable {
    case removed
    case set(Value)

    init?(argument: String) {
        if argument == "none" {
            self = .removed
        } else if let value = Value(argument: argument) {
            self = .set(value)
        } else {
            return nil
        }
    }

    var value: Value? { if case .set(let value) = self { value } else { nil } }
}
