import ArgumentParser

/// A name and a number, as in `openai=20`; the last `=` parts them, since models may hold one.
struct NamedCount: ExpressibleByArgument, Equatable, Sendable {
    var name: String
    var count: Int

    init?(argument: String) {
        guard let position = argument.lastIndex(of: "="), position > argument.startIndex,
            let count = Int(argument[argument.index(after: position)...])
        else { return nil }
        name = String(argument[..<position])
        self.count = count
    }

    /// As it is typed.
    var text: String { "\(name)=\(count)" }
}
