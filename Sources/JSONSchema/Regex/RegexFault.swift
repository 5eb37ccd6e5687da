/// What is wrong with a regular expression, and where.
package struct RegexFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in words that stand before "at character 7".
    package var reason: String
    /// The place: how many code points of the pattern stand before it.
    package var offset: Int

    /// The reason and the place, counted from one.
    package var description: String { "\(reason) at character \(offset + 1)" }
}
