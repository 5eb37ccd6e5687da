/// A part of a regular expression, as it was read.
indirect enum RegexNode: Sendable {
    /// Matches nothing but the empty text.
    case empty
    /// One code point of a set.
    case set(ScalarSet)
    case sequence([RegexNode])
    /// The first that matches is preferred.
    case alternatives([RegexNode])
    /// A capturing group; those that capture nothing are just their content.
    case group(RegexNode, number: Int)
    case repeated(RegexNode, RegexBounds)
    case assertion(RegexAssertion)
    case look(RegexNode, RegexLook)
    /// The text of the one of these groups that took part; the empty text where none did.
    case backReference([Int])
}

/// A quantifier.
struct RegexBounds: Sendable {
    var minimum: Int
    /// `Int.max` where there is none.
    var maximum: Int
    var isGreedy: Bool
    /// The groups inside of it, which each repetition begins anew.
    var groups: Range<Int>
}

/// An assertion about a place.
enum RegexAssertion: Sendable, Hashable {
    case start, end, wordBoundary, noWordBoundary
}

/// An assertion about the text that follows a place or goes before it.
struct RegexLook: Sendable {
    var isAhead: Bool
    var isNegative: Bool
}

extension RegexNode {
    /// Whether it needs more than a set of places in the pattern: a look around, or text that was captured.
    var needsBacktracking: Bool {
        switch self {
        case .empty, .set, .assertion: false
        case .sequence(let parts), .alternatives(let parts): parts.contains(where: \.needsBacktracking)
        case .group(let body, _), .repeated(let body, _): body.needsBacktracking
        case .look, .backReference: true
        }
    }

    /// Whether each of its matches begins at the text's first place.
    var isAnchored: Bool {
        switch self {
        case .empty, .set, .look, .backReference: false
        case .assertion(let assertion): assertion == .start
        // Only assertions take nothing, so that one behind them still stands at the same place.
        case .sequence(let parts):
            parts.first { part in
                switch part {
                case .look, .assertion(.end), .assertion(.wordBoundary), .assertion(.noWordBoundary), .empty: false
                default: true
                }
            }?.isAnchored ?? false
        case .alternatives(let parts): parts.allSatisfy(\.isAnchored)
        case .group(let body, _): body.isAnchored
        case .repeated(let body, let bounds): bounds.minimum > 0 && body.isAnchored
        }
    }

    /// Whether it matches nothing but the empty text, whatever stands around.
    var isEmpty: Bool {
        switch self {
        case .empty: true
        case .set, .assertion, .look, .backReference, .group: false
        case .sequence(let parts), .alternatives(let parts): parts.allSatisfy(\.isEmpty)
        case .repeated(let body, let bounds): bounds.maximum == 0 || body.isEmpty
        }
    }
}
