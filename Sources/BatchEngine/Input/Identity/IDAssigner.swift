/// Gives every line of an input its id, and notes where an id seems to be taken.
///
/// Used by the check of an input and by its reading alike, so that both find the same ids.
struct IdentityClaims: Sendable {
    /// The most suspects that are kept for a second look.
    static let maximumSuspects = 1000

    /// A line whose id seems to be taken.
    struct Suspect: Sendable, Equatable {
        var position: InputPosition
        var id: String
    }

    /// Whether a line may have its id.
    enum Claim: Sendable, Equatable {
        case free(String)
        /// An earlier line seems to have it.
        case taken(String)
    }

    private var identities: IdentitySet
    /// Lines that a second look has cleared: their id only has the fingerprint of another.
    private let cleared: Set<InputPosition>
    /// The first suspects.
    private(set) var suspects: [Suspect] = []
    /// How many suspects there are.
    private(set) var suspectCount = 0

    init(_ identities: IdentitySet, cleared: Set<InputPosition> = []) {
        self.identities = identities
        self.cleared = cleared
    }

    /// Gives a line without faults its id: the one it gives, else one made from its request's hash.
    mutating func claim(
        _ givenID: String?, _ hash: @autoclosure () -> RequestHash, at position: InputPosition
    ) -> Claim {
        if let givenID { return claim(givenID, at: position) }
        let (id, isNew) = identities.insert(derivedFrom: hash())
        return isNew || !suspect(id, at: position) ? .free(id) : .taken(id)
    }

    /// Takes an id that a line gives.
    @discardableResult
    mutating func claim(_ id: String, at position: InputPosition) -> Claim {
        identities.insert(id) || !suspect(id, at: position) ? .free(id) : .taken(id)
    }

    /// Whether an id seems to be among those claimed.
    func contains(_ id: String) -> Bool { identities.contains(id) }

    private mutating func suspect(_ id: String, at position: InputPosition) -> Bool {
        guard !cleared.contains(position) else { return false }
        suspectCount += 1
        if suspects.count < Self.maximumSuspects { suspects.append(Suspect(position: position, id: id)) }
        return true
    }
}
