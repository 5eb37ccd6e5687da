/// Which tool call an entry of a delta belongs to, in all the ways that servers key them.
struct ToolCallKeys: Sendable {
    /// The most calls of one answer.
    static let maximumCalls = 10_000

    /// What an entry says of its call; what it leaves out is empty.
    struct Entry {
        var index: Int?
        var id = ""
        var name = ""
        var arguments = ""
        /// Whether a custom tool is called, whose input is a text of any form.
        var isCustom = false
        /// What Gemini wants to see again with the call; nil where it says nothing.
        var extraContent: JSON?
        /// Its place in its delta's list.
        var position = 0

        /// Whether it brings a part of arguments.
        fileprivate var isPiece: Bool {
            guard hasArguments else { return false }
            var progress = ArgumentsProgress()
            progress.add(arguments)
            return !progress.isWhole
        }

        fileprivate var hasArguments: Bool { arguments.utf8.contains { $0 > 0x20 } }
    }

    private struct Call {
        var index: Int?
        var id = ""
        var name = ""
        var isNew = true
        var progress = ArgumentsProgress()
        /// `{}` came, and nothing else.
        var isEmptyObject = false
        /// What came of a custom tool's input: a text has no end that could be told from its form.
        var input = ""

        var hasArguments: Bool { isEmptyObject || !progress.isEmpty || !input.isEmpty }
        var isWhole: Bool { isEmptyObject || progress.isWhole }
    }

    private struct Name: Hashable {
        var index: Int?
        var id: String
    }

    private var calls: [Call] = []
    /// The newest call of an index.
    private var newest: [Int: Int] = [:]
    private var named: [Name: Int] = [:]
    /// The newest call of an id.
    private var identified: [String: Int] = [:]

    /// The number of the call, from 0 in order of appearance; a call not seen before gets the next one.
    mutating func item(of entry: Entry) -> Int {
        if let item = known(entry) { return item }
        return append(index: entry.index)
    }

    private mutating func append(index: Int?) -> Int {
        calls.append(Call(index: index))
        if let index { newest[index] = calls.count - 1 }
        return calls.count - 1
    }

    private func known(_ entry: Entry) -> Int? {
        if !entry.id.isEmpty, let item = named[Name(index: entry.index, id: entry.id)] {
            return isAnotherName(entry, than: calls[item]) && calls[item].isWhole ? nil : item
        }
        guard let item = candidate(entry) else { return nil }
        let last = calls[item]
        return (entry.index == nil ? isAnother(entry, than: last) : isAnotherOfIndex(entry, than: last)) ? nil : item
    }

    private func candidate(_ entry: Entry) -> Int? {
        guard let index = entry.index else { return calls.indices.last }
        if let item = newest[index] { return item }
        // The call began without an index.
        return entry.name.isEmpty && calls.last?.index == nil ? calls.indices.last : nil
    }

    private func isAnotherName(_ entry: Entry, than call: Call) -> Bool {
        !entry.name.isEmpty && !call.name.isEmpty && entry.name != call.name
    }

    /// Whether an entry of the same index, but of an id not seen before, or of none, is a call of its own.
    ///
    /// Some servers make a new id for each delta of one call, with and without its name; others put several calls on
    /// one index.
    private func isAnotherOfIndex(_ entry: Entry, than last: Call) -> Bool {
        if entry.name.isEmpty { return false }
        if isAnotherName(entry, than: last) {
            return last.hasArguments || !entry.id.isEmpty && !last.id.isEmpty
        }
        guard last.isWhole, !last.name.isEmpty else { return false }
        if entry.id.isEmpty || last.id.isEmpty { return entry.hasArguments && !isRepeated(entry.arguments, of: last) }
        return true
    }

    /// Whether an entry without an index, and of an id not seen before or of none, is a call of its own: one with a
    /// name is, and one that comes behind arguments that are whole.
    ///
    /// Of the same name as the call before it goes on with that one's arguments where they have begun and are not
    /// whole.
    private func isAnother(_ entry: Entry, than last: Call) -> Bool {
        if entry.name.isEmpty { return last.progress.isWhole && entry.hasArguments }
        guard entry.name == last.name, entry.position == 0, !last.isWhole else { return !last.name.isEmpty }
        guard last.progress.isEmpty else { return false }
        return entry.id.isEmpty ? !entry.hasArguments : !entry.isPiece
    }

    /// What an entry tells of a call's beginning: id and name as far as they are new; nil where it repeats them or says
    /// nothing.
    mutating func learn(_ entry: Entry, of item: Int) -> (id: String, name: String)? {
        var learnt = (id: "", name: "")
        if calls[item].id.isEmpty, !entry.id.isEmpty {
            calls[item].id = entry.id
            named[Name(index: entry.index, id: entry.id)] = item
            identified[entry.id] = item
            learnt.id = entry.id
        }
        if let name = name(after: calls[item], entry) {
            calls[item].name = name
            learnt.name = name
        }
        defer { calls[item].isNew = false }
        return calls[item].isNew || !learnt.id.isEmpty || !learnt.name.isEmpty ? learnt : nil
    }

    /// A call's name with an entry's; nil where that is nothing new.
    ///
    /// A name may come in pieces, before the arguments do, or longer each time.
    private func name(after call: Call, _ entry: Entry) -> String? {
        guard !entry.name.isEmpty, entry.name != call.name else { return nil }
        if call.name.isEmpty { return entry.name }
        guard !call.hasArguments, entry.id.isEmpty || entry.id == call.id else { return nil }
        return entry.name.hasPrefix(call.name) ? entry.name : call.name + entry.name
    }

    /// Notes arguments of a call; false where they say nothing new.
    ///
    /// That a call has no arguments need not be said, and where `{}` stands for those that follow it must not be.
    mutating func takes(_ arguments: String, of item: Int, isCustom: Bool) -> Bool {
        if isCustom {
            calls[item].input += arguments
            return !arguments.isEmpty
        }
        if arguments.isEmpty || isRepeated(arguments, of: calls[item]) { return false }
        if calls[item].progress.isEmpty, arguments.isEmptyObject {
            calls[item].isEmptyObject = true
            return false
        }
        calls[item].isEmptyObject = false
        calls[item].progress.add(arguments)
        return true
    }

    /// Whether arguments come behind whole ones that they are once more, or are nothing.
    private func isRepeated(_ arguments: String, of call: Call) -> Bool {
        guard call.progress.isWhole else { return false }
        return arguments.isEmptyObject || call.progress.remainder(of: arguments) == ""
    }
}

// MARK: - Messages that come whole

extension ToolCallKeys {
    /// The calls of a whole message, each with the number that it has or gets, and what its arguments have beyond what
    /// came of them.
    ///
    /// A call is known by its id, else by its place among the calls and its name.
    mutating func items(ofWhole entries: [Entry]) -> [(item: Int, lacking: String)] {
        let count = calls.count
        return entries.enumerated().map { ordinal, entry in
            if let item = identified[entry.id] { return (item, lacking(entry, item)) }
            if ordinal < count, !isAnotherName(entry, than: calls[ordinal]) {
                return (ordinal, lacking(entry, ordinal))
            }
            return (append(index: nil), entry.arguments)
        }
    }

    private func lacking(_ entry: Entry, _ item: Int) -> String {
        if entry.isCustom {
            let came = calls[item].input
            return entry.arguments.hasPrefix(came) ? String(entry.arguments.dropFirst(came.count)) : ""
        }
        return calls[item].isEmptyObject ? entry.arguments : calls[item].progress.remainder(of: entry.arguments) ?? ""
    }
}

extension String {
    fileprivate var isEmptyObject: Bool {
        utf8.count < 64 && filter { !$0.isWhitespace } == "{}"
    }
}
