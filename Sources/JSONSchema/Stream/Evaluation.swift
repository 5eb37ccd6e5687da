/// What is known of whether a value fits.
enum Answer: UInt8, Sendable { case open, yes, no }

/// A schema that is checked for a value that is open: its plan, with a cell for each node of it.
struct Evaluation: Sendable {
    let schema: Int
    var firstCell = 0
    var answer = Answer.open
    /// Whether the document cannot hold without it.
    var isRequired = false
    /// Whether a cell changed since the answer was last looked for.
    var isDirty = false
}

/// What is known of one schema about an open value.
struct Cell: Sendable {
    /// Whether its own rules hold, those of the parts included.
    var own: Answer
    /// Whether it holds with the schemas that it refers to for the same value.
    var answer: Answer
    /// Whether the answer can still change anything.
    var isNeeded = true
    /// Of listed strings or names those that go on as the text so far.
    var low = 0
    var high = 0
    /// Elements that fit `contains`.
    var contained = 0
    /// Required members that did not come yet.
    var missing = 0
    /// Where its bits begin, one for each name that came.
    var bits = 0

    var isAtWork: Bool { own == .open && answer == .open && isNeeded }
}

/// What an evaluation's answer means for a cell of the value around it.
struct Application: Sendable {
    enum Role: Sendable { case must, contains }

    let evaluation: Int
    let role: Role
    let outerEvaluation: Int
    let outerCell: Int
}

/// A value that began and did not end.
///
/// What belongs to it lies in arrays that are stacks, each from the index that stands here.
struct Frame: Sendable {
    /// Empty before the first byte.
    var kind: KindSet = []
    let evaluations: Int
    let cells: Int
    let bits: Int
    let applications: Int
    let names: Int
    /// Elements or members that began.
    var count = 0
    /// Of an object the position of the newest member's name.
    var name = 0
    var isDirty = false
    var hasEnded = false
    /// Whether this stands for a member's name, not for a value.
    var isName = false
    /// Where the bytes of the newest element begin among those kept; nil where elements may be equal.
    var keptFrom: Int?
}

/// Which rule was broken last, to be told when nothing is left.
struct Failure: Sendable {
    let keyword: Keyword
    let node: PlanNode?
    let frame: Int
    var names: [String] = []
    var found: String?
}

/// The string, number or word that is being read.
struct Token: Sendable {
    var isName = false
    /// Code points, with one that only began.
    var length = 0
    /// The length that the next rule to be broken allows.
    var limit = Int.max
    var keepsText = false
    var hasLiterals = false
    var hasClosedNames = false
    /// The decoded bytes, where a pattern needs them.
    var text: [UInt8] = []
    /// Decoded bytes so far.
    var decoded = 0
    /// Its beginning, for messages.
    var beginning: [UInt8] = []
    /// The first half of a character of two, as an escape; 0 for none.
    var half: UInt32 = 0
    var escapeDigits = 0
    var escapeValue: UInt32 = 0
    /// Whether the escape's character is counted.
    var escapeIsCounted = false
    /// Bytes that the character still needs, and the range of the next.
    var utf8Needed = 0
    var utf8Low: UInt8 = 0x80
    var utf8High: UInt8 = 0xBF
    var number = NumberScan()
    var hasNumberRules = false
    /// What is left of true, false or null.
    var word: [UInt8] = []
    var wordPosition = 0

    static let mostBeginning = 80

    mutating func begin() {
        text.removeAll(keepingCapacity: true)
        beginning.removeAll(keepingCapacity: true)
        (length, limit, decoded, half) = (0, .max, 0, 0)
        (isName, keepsText, hasLiterals, hasClosedNames) = (false, false, false, false)
    }
}
