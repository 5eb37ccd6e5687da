/// Fields of HTTP heads as a configuration gives them.
package enum HeaderFields {
    /// The fields, of those with the same name the last.
    ///
    /// Takes time linear in them: a file may have any number.
    package static func lastOfEachName(
        _ fields: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var names: Set<String> = []
        return fields.reversed().filter { names.insert($0.name.lowercased()).inserted }.reversed()
    }
}
