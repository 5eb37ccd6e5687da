import LLMStreaming

/// Binds the names of a template to the columns of a file, and finds those that there are not.
struct TemplateBinder {
    private let finder: NameFinder
    private let isTable: Bool
    private let template: String
    /// What is said of names that a table read with another delimiter would have.
    private let hint: String
    private(set) var reasons: [String] = []

    /// - Parameters:
    ///   - template: the template's name.
    ///   - columns: the columns of the rows.
    ///   - form: the file's.
    ///   - firstRow: of JSONL the first row, which tells what members the items of its lists have; nil for a table.
    init(_ template: String, _ columns: RowColumns, _ form: RowForm, firstRow: Row?) {
        self.template = template
        hint = Self.hint(columns, form)
        isTable = firstRow == nil
        finder = NameFinder(columns, firstRow: firstRow)
    }

    /// The template with its names bound.
    ///
    /// - Throws: all names that no column has.
    static func bind(
        _ template: RowTemplate, _ metadata: RowMetadata, to columns: RowColumns, _ form: RowForm, firstRow: Row?
    ) throws(RowTemplate.Faults) -> BoundTemplate {
        var binder = TemplateBinder(template.name, columns, form, firstRow: firstRow)
        let kept = binder.metadata(metadata, columns)
        var elements: [BoundTemplate.Element] = []
        var isKept = kept == nil
        for member in template.members {
            var element = binder.element(member.name, member.value)
            if member.name == "metadata", let kept {
                switch member.value {
                // It counts as absent.
                case .fixed(.null): continue
                case .object(let own): element.pieces = [binder.merged(kept, own)]
                case .fixed(.object(let own)):
                    element.pieces = [binder.merged(kept, own.members.map { ($0.key, .fixed($0.value)) })]
                // The template sets it whole.
                default: break
                }
                isKept = true
            }
            elements.append(element)
        }
        if let kept, !isKept {
            elements.append(BoundTemplate.Element(name: binder.name("metadata"), pieces: [binder.merged(kept, [])]))
        }
        guard binder.reasons.isEmpty else { throw RowTemplate.Faults(reasons: binder.reasons) }
        return BoundTemplate(pieces: Self.joined(elements, isObject: true))
    }

    private mutating func metadata(_ choice: RowMetadata, _ columns: RowColumns) -> RowMetadata.Bound? {
        switch choice.bound(to: columns) {
        case .bound(let bound): return bound
        case .unknown(let names):
            reasons += names.map { "--row-metadata: no column \($0.inQuotes); \(finder.known)\(hint)" }
            return nil
        }
    }

    private mutating func merged(
        _ kept: RowMetadata.Bound, _ own: [(name: String, value: RowTemplate.Value)]
    ) -> BoundTemplate.Piece {
        let elements = own.map { element($0.name, $0.value) }
        let metadata = BoundMetadata(
            kept, besides: own.map(\.name), columns: finder.columns, isTable: isTable)
        return .metadata(metadata, elements)
    }

    private func name(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSON.write(name, to: &bytes)
        return bytes + [UInt8(ascii: ":")]
    }

    private mutating func element(_ name: String, _ value: RowTemplate.Value) -> BoundTemplate.Element {
        var element = element(value)
        element.name = self.name(name)
        return element
    }

    private mutating func element(_ value: RowTemplate.Value) -> BoundTemplate.Element {
        switch value {
        case .fixed(let json): return BoundTemplate.Element(name: [], pieces: [.bytes(json.bytes)])
        case .array(let values):
            return BoundTemplate.Element(name: [], pieces: Self.joined(values.map { element($0) }, isObject: false))
        case .object(let members):
            return BoundTemplate.Element(
                name: [], pieces: Self.joined(members.map { element($0.name, $0.value) }, isObject: true))
        case .text(let text, let field):
            if let name = text.onlyName { return whole(name, field) }
            let quote = BoundTemplate.Piece.bytes([UInt8(ascii: "\"")])
            let inner = pieces(text.parts, field.place, [])
            return BoundTemplate.Element(name: [], pieces: Self.merged([quote] + inner + [quote]))
        }
    }

    /// What one value fills.
    private mutating func whole(_ name: String, _ field: RowTemplate.Field) -> BoundTemplate.Element {
        guard let source = source(name, field.place, []) else { return BoundTemplate.Element(name: [], pieces: []) }
        let isLiteral = isTable && field.types.isLiteral
        let refusal = "\(field.place) must be \(field.types.words), which the cell of column \(name.inQuotes) is not"
        let whole = BoundTemplate.WholeField(
            types: field.types, refusal: isLiteral && field.isPassedOn ? refusal : nil)
        return BoundTemplate.Element(
            name: [], pieces: [.whole(source, whole)], optional: !isTable || isLiteral ? source : nil)
    }

    private mutating func pieces(
        _ parts: [MustacheText.Part], _ place: String, _ scopes: [NameFinder.Scope]
    ) -> [BoundTemplate.Piece] {
        var pieces: [BoundTemplate.Piece] = []
        for part in parts {
            switch part {
            case .text(let text):
                var bytes: [UInt8] = []
                JSON.writeContent(Array(text.utf8).span, to: &bytes)
                pieces.append(.bytes(bytes))
            case .value(let name): if let source = source(name, place, scopes) { pieces.append(.text(source)) }
            case .section(let name, let isInverted, let inner):
                let source = source(name, place, scopes)
                let scopes = isInverted ? scopes : scopes + [finder.scope(name, source, scopes)]
                let bound = self.pieces(inner, place, scopes)
                if let source { pieces.append(.section(source, isInverted: isInverted, Self.merged(bound))) }
            }
        }
        return pieces
    }

    private mutating func source(
        _ name: String, _ place: String, _ scopes: [NameFinder.Scope]
    ) -> BoundTemplate.Source? {
        if let source = finder.source(name, scopes) { return source }
        let words =
            name == "." && scopes.isEmpty
            ? "{{.}} stands in no section"
            : "no column \(name.inQuotes); \(finder.known)\(hint)"
        let reason = "\(template): \(place): \(words)"
        if !reasons.contains(reason) { reasons.append(reason) }
        return nil
    }

    /// What the only column's name shows of the bytes between cells, if they are not those that the form says.
    private static func hint(_ columns: RowColumns, _ form: RowForm) -> String {
        guard let delimiter = form.delimiter, columns.count == 1 else { return "" }
        let others: [(sign: String, form: RowForm?)] = [("\t", .tsv), (",", .csv), (";", nil), ("|", nil)]
        let name = columns.names[0]
        guard let other = others.first(where: { $0.form?.delimiter != delimiter && name.contains($0.sign) }) else {
            return ""
        }
        if let form = other.form { return "; --rows \(form.rawValue) reads cells between \(form.delimiterName)" }
        return "; cells are between \(form.delimiterName), not '\(other.sign)': python3 -c \"import csv, sys; "
            + "csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter='\(other.sign)'))\" < FILE > NEW.csv "
            + "makes it so"
    }

    /// The pieces of an object or array: one after the other, where none of its parts is ever absent.
    private static func joined(_ elements: [BoundTemplate.Element], isObject: Bool) -> [BoundTemplate.Piece] {
        guard elements.allSatisfy({ $0.optional == nil }) else { return [.list(elements, isObject: isObject)] }
        var pieces: [BoundTemplate.Piece] = [.bytes([isObject ? UInt8(ascii: "{") : UInt8(ascii: "[")])]
        for (position, element) in elements.enumerated() {
            let comma = position > 0 ? [UInt8(ascii: ",")] : []
            pieces += [.bytes(comma + element.name)] + element.pieces
        }
        return merged(pieces + [.bytes([isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")])])
    }

    /// The pieces with those of fixed bytes that follow one another made one.
    private static func merged(_ pieces: [BoundTemplate.Piece]) -> [BoundTemplate.Piece] {
        var result: [BoundTemplate.Piece] = []
        for piece in pieces {
            if case .bytes(let bytes) = piece, case .bytes(let before)? = result.last {
                result[result.count - 1] = .bytes(before + bytes)
            } else {
                result.append(piece)
            }
        }
        return result
    }
}
