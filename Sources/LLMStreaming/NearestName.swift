/// The known name that an unknown one was probably meant to be.
package enum NearestName {
    /// `; did you mean 'x'?`, or nothing where no name is near.
    package static func suggestion(for name: String, among known: [String]) -> String {
        nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The same, or all names where none is near: `; known: a, b, c`.
    package static func hint(for name: String, among known: [String]) -> String {
        let nearest = suggestion(for: name, among: known)
        return nearest.isEmpty ? "; known: \(known.joined(separator: ", "))" : nearest
    }

    /// The name with the fewest typing errors in it; nil where all have more than a third of their letters wrong.
    package static func nearest(to name: String, among known: [String]) -> String? {
        let letters = Array(name.lowercased().unicodeScalars)
        guard letters.count <= 40 else { return nil }
        return known.map { (name: $0, distance: distance(letters, Array($0.unicodeScalars))) }
            .filter { $0.distance <= min($0.name.count, letters.count) / 3 }
            .min { $0.distance < $1.distance }?.name
    }

    /// The least number of letters added, left out, replaced or swapped with their neighbour ("optimal string
    /// alignment").
    package static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let isSame = left[row] == right[column]
                var best = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
