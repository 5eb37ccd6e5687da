package import LLMStreaming

/// From the bytes of a job line to a job, or to all that is wrong with it (Contract, "Job lines").
package struct JobLineParser: Sendable {
    package let defaults: InputDefaults
    let checks: LineChecks

    package init(defaults: InputDefaults) {
        self.defaults = defaults
        checks = LineChecks(whereNone: defaults.check)
    }

    /// Reads one line.
    ///
    /// - Parameter line: its bytes without the line end.
    /// - Throws: all faults of the line.
    package func parse(_ line: [UInt8]) throws(LineFaults) -> ParsedLine {
        var faults = LineFaults()
        guard let object = Self.object(line, faults: &faults) else { throw faults }
        let result: ParsedLine?
        switch JobLineShape(object) {
        case .native: result = native(object, &faults)
        case .openAIBatch: result = openAIBatch(object, &faults)
        case .anthropicBatch: result = anthropicBatch(object, &faults)
        case .mistralBatch: result = mistralBatch(object, &faults)
        case .batchDocument:
            // It was not cut into its requests: it is not all of its file, or does not begin with them.
            result = nil
            faults.add(
                "a batch as one document must be alone in its file and be {\"requests\": [...]}, without another member"
            )
        }
        guard let result, faults.isEmpty else { throw faults }
        return result
    }

    private static func object(_ line: [UInt8], faults: inout LineFaults) -> JSONObject? {
        if let fault = TextFault(line) {
            faults.add(fault.description)
            return nil
        }
        do throws(JSONParser.Failure) {
            let value = try JSONParser.parse(line)
            if case .object(let object) = value { return object }
            let hint = value.array == nil ? "" : "; jq -c '.[]' makes a line of each of its elements"
            faults.add("a job line must be a JSON object, not \(value.typeName)\(hint)")
        } catch {
            faults.add("not JSON: \(error)")
        }
        return nil
    }

    private func native(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = JobLineObject<LineField.Native>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, alias: .customID, faults: &faults)
        let metadata = members.object(.metadata, faults: &faults)
        let model = nativeModel(members, &faults)
        let request = NativeReader.request(members, faults: &faults)
        guard let model, let provider = defaults.catalog[model.provider] else { return nil }
        ProviderCheck.check(request.content, of: model, at: provider, faults: &faults)
        let dialect = request.content.dialect(at: provider)
        if let fault = (request.resume ?? defaults.resume).fault(at: provider, model: model.model, dialect: dialect) {
            faults.add("'resume': \(fault)")
        }
        let check = checks.check(members[.check], of: request.content, faults: &faults)
        guard faults.isEmpty else { return nil }
        return ParsedLine(
            customID: id, model: model, content: request.content, members: object, storedMetadata: metadata,
            check: check)
    }

    private func nativeModel(_ members: JobLineObject<LineField.Native>, _ faults: inout LineFaults) -> ModelName? {
        guard members[.model] != nil else {
            if defaults.model == nil { faults.add("no model: give 'model' in the line, or --model") }
            return defaults.model
        }
        guard let text = members.string(.model, faults: &faults) else { return nil }
        if defaults.addUnknownProvider(of: text, to: &faults) { return nil }
        do throws(ConfigurationError) {
            return try defaults.resolve(text)
        } catch {
            faults.add("'model': \(error)")
            return nil
        }
    }

    /// The line's own id, under either of its names; the faults keep it too, since a line with faults takes its id.
    static func id<Field: FieldName>(
        _ members: JobLineObject<Field>, _ name: Field, alias: Field, faults: inout LineFaults
    ) -> String? {
        if members[name] != nil, members[alias] != nil {
            faults.add("both '\(name.rawValue)' and '\(alias.rawValue)' are given; give one of them")
        }
        let field = members[name] != nil ? name : alias
        guard let id = members.string(field, faults: &faults) else { return nil }
        let length = id.unicodeScalars.count
        guard (1...256).contains(length) else {
            faults.add("'\(field.rawValue)' must have 1 to 256 characters, not \(length.grouped)")
            return nil
        }
        faults.customID = id
        return id
    }
}

/// The forms that a job line may have, distinguished by their members.
enum JobLineShape: Sendable, CaseIterable {
    case native
    case openAIBatch
    case anthropicBatch
    /// A body without a URL.
    case mistralBatch
    /// `{"requests": [...]}`, a whole batch as one document, where it stands among lines.
    case batchDocument

    /// The shape of a line; native where nothing tells of a batch.
    init(_ object: JSONObject) {
        let has = { (name: String) in object[name].map { !$0.isNull } ?? false }
        self =
            if has("url") {
                .openAIBatch
            } else if has("body") {
                .mistralBatch
            } else if has("params") {
                .anthropicBatch
            } else if has("requests") {
                .batchDocument
            } else {
                .native
            }
    }
}

/// A job line without fault.
package struct ParsedLine: Sendable, Equatable {
    /// The id that the line gives; nil where it gives none.
    package var customID: String?
    package var model: ModelName
    /// What it asks: what `JobRequest` reads back from the stored request.
    package var content: RequestContent
    /// The line's members; of a batch line those to store.
    var members: JSONObject
    var storedMetadata: JSONObject?
    /// What it says a right answer is, JSON; nil where it says nothing.
    package var check: [UInt8]?

    /// The request to store, which `JobRequest` reads: members in their order, numbers in their text, without what
    /// becomes columns of its own.
    package var request: [UInt8] {
        let stored = members.members.filter { member in !LineField.Native.columns.contains { $0 == member.key } }
        return JSON.object(JSONObject(stored)).bytes
    }

    /// The identity of the request.
    ///
    /// Computed when asked for: a check of lines with ids of their own needs none, and it takes nearly half of a line's
    /// time.
    package var hash: RequestHash { RequestHash(content, model) }

    /// The line's metadata; nil where it has none.
    package var metadata: [UInt8]? { storedMetadata.map { JSON.object($0).bytes } }
}

/// The JSON Schema of a job line, `schema/job_line_schema.json`, as `schema --json-schema` prints it.
package enum JobLineSchema {
    package static var json: [UInt8] { PackageResources.job_line_schema_json }
}
