import LLMStreaming

/// The keywords of one schema, read as what they must be.
struct KeywordReader {
    let object: JSONObject
    let place: SchemaPlace
    let draft: SchemaDraft

    /// A keyword's value; nil where the schema or its draft lacks it.
    subscript(_ keyword: String) -> JSON? {
        draft.has(keyword) ? Bytes.value(of: keyword, in: object) : nil
    }

    func pointer(of keyword: String) -> String { place.pointer + "/" + Excerpt.pointerPart(keyword) }

    func fault(_ keyword: String, asked: String) -> SchemaFault {
        SchemaFault(
            pointer: pointer(of: keyword),
            found: Bytes.value(of: keyword, in: object).map { Excerpt.of($0.text) } ?? "nothing", asked: asked)
    }

    /// Something that is counted; `none` where it is not said.
    func count(_ keyword: String, default none: Int) throws(SchemaFault) -> Int {
        guard let value = self[keyword] else { return none }
        guard case .number(let text) = value else { throw fault(keyword, asked: "a whole number, 0 or more") }
        let number = ExactNumber(text)
        guard number.isInteger, !number.isNegative else { throw fault(keyword, asked: "a whole number, 0 or more") }
        // Nothing has as many bytes: more is the same as this.
        guard number.digits.count + number.exponent <= 18 else { return .max }
        let digits = number.digits.reduce(0) { $0 * 10 + Int($1) }
        return (0..<number.exponent).reduce(digits) { product, _ in product * 10 }
    }

    func flag(_ keyword: String) throws(SchemaFault) -> Bool {
        guard let value = self[keyword] else { return false }
        guard let flag = value.bool else { throw fault(keyword, asked: "true or false") }
        return flag
    }

    func number(_ keyword: String) throws(SchemaFault) -> (value: ExactNumber, text: String)? {
        guard let value = self[keyword] else { return nil }
        guard case .number(let text) = value else { throw fault(keyword, asked: "a number") }
        return (ExactNumber(text), text)
    }

    func text(_ keyword: String) throws(SchemaFault) -> String? {
        guard let value = self[keyword] else { return nil }
        guard let text = value.string else { throw fault(keyword, asked: "a string") }
        return text
    }

    /// The members of a keyword that is an object; of a name that stands there twice the last.
    func members(_ keyword: String, of what: String) throws(SchemaFault) -> [JSONObject.Member] {
        guard let value = self[keyword] else { return [] }
        guard let object = value.object else { throw fault(keyword, asked: "an object of \(what)") }
        return Bytes.members(of: object)
    }

    /// A list of names.
    func names(_ keyword: String) throws(SchemaFault) -> [String] {
        guard let value = self[keyword] else { return [] }
        return try names(value, keyword)
    }

    func names(_ value: JSON, _ keyword: String) throws(SchemaFault) -> [String] {
        let names = value.array?.compactMap(\.string)
        guard let names, names.count == value.array?.count else { throw fault(keyword, asked: "a list of names") }
        return names
    }

    func pattern(_ text: String, at pointer: String) throws(SchemaFault) -> Pattern {
        do throws(RegexFault) {
            return Pattern(regex: try ECMARegex(text), text: text)
        } catch {
            throw SchemaFault(
                pointer: pointer, found: "the pattern \(Excerpt.of(JSON.string(text).text)): \(error)",
                asked: "a regular expression of ECMA 262")
        }
    }
}
