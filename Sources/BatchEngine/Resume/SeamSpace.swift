/// The white space at a seam: what is put back, and what of the continuation's own is left out (SPEC 8).
///
/// The kept text was cut before its last white space, so it tells what stood there. Servers lose that white space at the
/// beginning of a continuation, or say it twice.
struct SeamSpace: Equatable {
    /// White space that was cut off the kept text and stands at the seam all the same.
    var restored = ""
    /// How many scalars of white space at the beginning of the continuation are left out for it.
    var skipped = 0

    /// - Parameters:
    ///   - cut: what the kept text had behind the prefix: white space, and perhaps the beginning of a word.
    ///   - continuation: what the attempt brought.
    ///   - isAsked: whether the model was asked to go on: it then begins a message of its own, without white space.
    ///   - isWhole: whether no more of the continuation follows.
    init(
        cut: Substring.UnicodeScalarView, before continuation: String.UnicodeScalarView, isAsked: Bool, isWhole: Bool
    ) {
        let space = cut.prefix { $0.properties.isWhitespace }
        let word = cut.dropFirst(space.count)
        let leading = continuation.prefix { $0.properties.isWhitespace }
        let rest = continuation.dropFirst(leading.count)
        let isSameWord =
            !word.isEmpty && (rest.starts(with: word) || !isWhole && !rest.isEmpty && word.starts(with: rest))
        if isSameWord {
            // The word that was cut comes again, so the white space before it is known.
            if leading.elementsEqual(space) { return }
            (restored, skipped) = (String(space), leading.count)
        } else if leading.isEmpty, word.isEmpty || isAsked {
            restored = String(space)
        }
    }
}
