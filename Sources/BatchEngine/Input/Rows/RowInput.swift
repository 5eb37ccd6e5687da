package import BatchRows

/// Rows in place of job lines: the template that makes a job line of each, and which rows are taken (Contract, "Rows and
/// templates").
package struct RowInput: Sendable {
    /// A sample of the rows of all files together (`--sample-rows`).
    package struct Sample: Sendable, Equatable {
        let count: Int
        let seed: UInt64

        /// - Parameters:
        ///   - count: how many rows are drawn, from 1.
        ///   - seed: another one draws others.
        package init(_ count: Int, seed: UInt64) {
            self.count = count
            self.seed = seed
        }
    }

    /// What makes job lines of rows; nil where these are only counted.
    private var plan: RowPlan?
    /// The form of all sources; nil where the ending of each tells it.
    private let form: RowForm?
    /// The most rows that are taken; nil for all.
    private let limit: Int?
    /// What is drawn once the rows were counted; nil where all are taken.
    let sample: Sample?

    /// - Parameters:
    ///   - template: makes a job line of each row.
    ///   - metadata: what of a row is kept.
    ///   - form: nil where the ending of each file tells it.
    ///   - limit: the most rows that are taken of all files together, from 1; nil for all.
    ///   - sample: of which rows these are the first; nil for all.
    package init(
        _ template: RowTemplate, metadata: RowMetadata, form: RowForm?, limit: Int?, sample: Sample?
    ) {
        plan = RowPlan(template, metadata: metadata, selection: RowSelection(limit: limit))
        self.form = form
        self.limit = limit
        self.sample = sample
    }

    /// Whether rows are only counted.
    var isCounting: Bool { plan == nil }

    /// The same rows, to be counted.
    var counting: RowInput {
        var input = self
        input.plan = nil
        return input
    }

    /// The same with these rows alone.
    func selecting(_ selection: RowSelection) -> RowInput {
        var input = self
        input.plan?.selection = selection
        return input
    }

    /// Which rows the sample is, of so many.
    func selection(of sample: Sample, rowCount: Int) -> RowSelection {
        RowSelection(sample: RowSample.rows(sample.count, of: rowCount, seed: sample.seed), limit: limit)
    }

    /// What makes job lines of the rows of a source.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - maximumRowBytes: a row with more is a fault.
    ///   - selection: as far as the files before have come; nil for the first.
    ///   - rowCount: how many rows they had.
    /// - Throws: where nothing tells the form.
    func converter(
        of source: InputSource, maximumRowBytes: Int, after selection: RowSelection?, rowCount: Int
    ) throws(InputError) -> RowConverter {
        RowConverter(
            plan, try form(of: source), maximumRowBytes: maximumRowBytes, selection: selection, rowCount: rowCount)
    }

    /// The form of the rows of a source.
    private func form(of source: InputSource) throws(InputError) -> RowForm {
        if let form { return form }
        if case .file(let path) = source {
            if let form = RowForm(path: path) { return form }
            // Of what holds no rows as it is no form would help.
            if let foreign = ForeignForm.signedTable(InputFile.opening(of: path, count: 512)) {
                throw .foreign(source: source.title, foreign.inPlace(of: Self.form(within: path)))
            }
        }
        let known = RowForm.allCases.map(\.rawValue).joined(separator: ", ")
        throw .rows(
            source: source.title,
            reason: "its name does not tell which form its rows have: give --rows, one of \(known)")
    }

    /// The form that the ending before the last one tells, as of `x.csv.gz`.
    private static func form(within path: String) -> RowForm {
        path.lastIndex(of: ".").flatMap { RowForm(path: String(path[..<$0])) } ?? .csv
    }

    /// What is wrong with the template's own names: it would be wrong with each row.
    ///
    /// - Returns: nil where rows are only counted.
    func templateFault(_ parser: JobLineParser) -> InputError? {
        guard let template = plan?.template, let skeleton = template.skeleton else { return nil }
        do throws(LineFaults) {
            _ = try parser.parse(skeleton)
            return nil
        } catch {
            let reasons = error.unknownFields
            return reasons.isEmpty
                ? nil : .rows(source: template.name, reason: reasons.joined(separator: "\n\(template.name): "))
        }
    }

    /// Checks, before anything is made, that the form of the rows of all sources is known.
    ///
    /// - Throws: `InputError` for the first whose form is not.
    package func check(_ sources: [InputSource]) throws(InputError) {
        for source in sources { _ = try form(of: source) }
    }
}

extension InputReading {
    /// The lines of sources, as this reading takes them.
    ///
    /// - Parameter expected: the files as they were when they were read before; nil where they were not.
    func lines(of sources: [InputSource], expected: [FileSnapshot?]? = nil) -> InputLines {
        InputLines(
            sources, maximumLineBytes: maximumLineBytes, rows: rows, templateFault: rows?.templateFault(parser),
            expected: expected)
    }

    /// The same reading with a sample that was drawn; as it is where none was.
    func selecting(_ selection: RowSelection?) -> InputReading {
        guard let selection else { return self }
        var reading = self
        reading.rows = rows?.selecting(selection)
        return reading
    }

    /// The rows of a sample, for which all are counted in a reading of their own.
    ///
    /// - Returns: also the files as they were then; nil where no sample is wanted.
    func drawSample(of sources: [InputSource]) throws(InputError) -> (rows: RowSelection, files: [FileSnapshot?])? {
        guard let rows, let sample = rows.sample else { return nil }
        var counting = self
        counting.rows = rows.counting
        var lines = counting.lines(of: sources)
        // None is made where rows are counted.
        while try lines.next() != nil {}
        return (rows.selection(of: sample, rowCount: lines.rowCount), lines.snapshots)
    }
}
