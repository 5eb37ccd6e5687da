/// What a provider has reported of a request's tokens so far, put together from its reports.
extension JSONObject {
    /// This report with a later one over it: member by member the later one wins, unless it says nothing.
    ///
    /// Servers fill in zeros where they do not know a figure, before the real one and behind it: neither a zero nor a
    /// null takes the place of a positive figure.
    func updated(by later: JSONObject) -> JSONObject {
        goingOn(with: JSONObject(later.members.filter { !$0.value.isNull }), choosing: Self.toldFigure)
    }

    private static func toldFigure(_ earlier: JSON, _ later: JSON) -> JSON {
        switch (earlier, later) {
        case (.object(let earlier), .object(let later)): .object(earlier.updated(by: later))
        case (.array(let elements), .array(let others)) where others.isEmpty && !elements.isEmpty: earlier
        case (.number, _), (.string, _):
            !earlier.isPositive || later.isPositive || later.isStructure ? later : earlier
        case (.object, _), (.array, _): later.isPositive || later.isStructure ? later : earlier
        default: later
        }
    }
}

extension JSON {
    fileprivate var isPositive: Bool { (double ?? string.flatMap { Double($0) }).map { $0 > 0 } ?? false }
    fileprivate var isStructure: Bool { object != nil || array != nil }
}
