/// What makes job lines of rows: settled before a row is read, the same for all files of an input.
package struct RowPlan: Sendable {
    package var template: RowTemplate
    package var metadata: RowMetadata
    package var selection: RowSelection

    package init(_ template: RowTemplate, metadata: RowMetadata = .all, selection: RowSelection = .all) {
        self.template = template
        self.metadata = metadata
        self.selection = selection
    }
}

/// Makes a job line of each row of one file that is taken.
///
/// The bytes of a table go into `buffer`, which `didRefill` is then told; the lines of JSONL are given one by one. With no
/// plan rows are only counted.
package struct RowConverter: Sendable {
    /// What a row comes to.
    package enum Outcome: Sendable, Equatable {
        /// A job line, JSON.
        case jobLine([UInt8])
        case fault(RowFault)
        /// Why no row of the file can be used: a header that is none, or names that its columns lack.
        case unusable(String)
    }

    private var table: TableReader
    private var objects = ObjectReader()
    private let plan: RowPlan?
    private var selection: RowSelection
    private var template: BoundTemplate?
    private var isUnusable = false
    /// About the length of a job line.
    private var capacity = 256
    private let maximumRowBytes: Int

    /// The file's.
    package let form: RowForm
    /// Whether bytes are taken: of JSONL lines are.
    package let takesBytes: Bool
    /// From 1: where the row of the last outcome begins.
    package private(set) var line = 1
    /// How many rows there were so far, those of the files before included.
    package private(set) var rowCount: Int

    /// - Parameters:
    ///   - plan: nil where rows are only counted.
    ///   - form: the file's.
    ///   - maximumRowBytes: a row with more is a fault, and one whose job line has more.
    ///   - selection: where an input has several files, that of the file before; nil for the plan's own.
    ///   - rowCount: how many rows the files before had.
    package init(
        _ plan: RowPlan?, _ form: RowForm, maximumRowBytes: Int, selection: RowSelection? = nil, rowCount: Int = 0,
        bufferBytes: Int = 256 << 10
    ) {
        self.plan = plan
        self.selection = selection ?? plan?.selection ?? .all
        self.form = form
        self.maximumRowBytes = maximumRowBytes
        self.rowCount = rowCount
        takesBytes = form.delimiter != nil
        table = TableReader(
            delimiter: form.delimiter ?? 0, maximumRowBytes: maximumRowBytes, bufferBytes: takesBytes ? bufferBytes : 0)
    }

    /// Whether nothing more comes of the file: no further row is taken and its columns were checked, or none can be.
    package var isComplete: Bool { isUnusable || selection.isComplete && (template != nil || plan == nil) }
    /// The selection as far as rows were read, for the file behind this one.
    package var selectionSoFar: RowSelection { selection }

    /// The bytes of a table that came last: a reader fills it from its start.
    package var buffer: [UInt8] {
        get { table.buffer }
        _modify { yield &table.buffer }
    }

    /// Says that the buffer was filled again, up to this byte; only once `next` has returned nil.
    package mutating func didRefill(_ count: Int) { table.didRefill(isComplete ? 0 : count) }

    /// What the next row of a table that is taken comes to; nil where more bytes are needed.
    package mutating func next() -> Outcome? { outcome(isLast: false) }

    /// What the row that the end of the table ends comes to; nil where there is none.
    package mutating func last() -> Outcome? { outcome(isLast: true) }

    private mutating func outcome(isLast: Bool) -> Outcome? {
        while !isComplete {
            do throws(RowFault) {
                let isRow = isLast ? try table.lastRow() : try table.nextRow()
                // A header tells whether its rows can be used, should it have none.
                if plan != nil, template == nil, let columns = table.columns, let outcome = bind(to: columns) {
                    return outcome
                }
                guard isRow else { return nil }
                if let outcome = convert(table.row) { return outcome }
            } catch {
                if let outcome = fault(error) { return outcome }
            }
            if isLast { return nil }
        }
        return nil
    }

    /// What a line of JSONL comes to; nil where its row is not taken.
    ///
    /// - Parameters:
    ///   - object: its bytes, or how many there are of a line that is too long to be kept.
    ///   - line: its number, from 1.
    package mutating func convert(_ object: [UInt8], at line: Int) -> Outcome? {
        if isComplete { return nil }
        self.line = line
        do throws(RowFault) {
            // The first row makes the columns, taken or not.
            guard plan != nil, template == nil || willTake else {
                rowCount += 1
                return nil
            }
            try objects.read(object, at: line)
        } catch {
            return fault(error)
        }
        if template == nil, let columns = objects.columns, let outcome = bind(to: columns, firstRow: objects.row) {
            return outcome
        }
        return convert(objects.row)
    }

    /// What a line of JSONL comes to that is over the limit, and was not kept.
    package mutating func convertOversized(at line: Int) -> Outcome? {
        isComplete ? nil : fault(.oversized(line: line, maximumBytes: maximumRowBytes))
    }

    /// Whether the next row is taken.
    private var willTake: Bool {
        var selection = selection
        return selection.takes(rowCount + 1)
    }

    /// Binds the template to the columns; returns why it cannot be.
    private mutating func bind(to columns: RowColumns, firstRow: Row? = nil) -> Outcome? {
        guard let plan else { return nil }
        do throws(RowTemplate.Faults) {
            template = try TemplateBinder.bind(plan.template, plan.metadata, to: columns, form, firstRow: firstRow)
            return nil
        } catch {
            isUnusable = true
            return .unusable(error.description)
        }
    }

    private mutating func convert(_ row: Row) -> Outcome? {
        rowCount += 1
        line = row.line
        guard let template, selection.takes(rowCount) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(capacity)
        do throws(RowFault) {
            try template.write(row, to: &output, maximumBytes: maximumRowBytes)
        } catch {
            return .fault(error)
        }
        capacity = output.count + output.count / 8
        return .jobLine(output)
    }

    /// What a fault comes to: nothing where its row is not taken.
    private mutating func fault(_ fault: RowFault) -> Outcome? {
        line = fault.line
        if fault.isWholeFile {
            isUnusable = true
            return .unusable(fault.description)
        }
        rowCount += 1
        return plan != nil && selection.takes(rowCount) ? .fault(fault) : nil
    }
}
