extension MockBehavior {
    /// Applies the options in a path's query.
    ///
    /// Names that are no options are the provider's own, such as `api-version`.
    mutating func apply(query path: String) throws(InvalidBehaviorOption) {
        guard let mark = path.firstIndex(of: "?") else { return }
        for item in path[path.index(after: mark)...].split(separator: "&") {
            guard let assignment = OptionAssignment(item) else { continue }
            try assignment.apply(to: &self)
        }
    }
}

extension Substring {
    /// The text without spaces at its ends.
    func trimmingSpaces() -> Substring {
        var trimmed = drop { $0 == " " }
        while trimmed.last == " " { trimmed.removeLast() }
        return trimmed
    }
}
