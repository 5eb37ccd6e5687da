import BatchRows
import SharedMaterial
import Testing

/// Random tables, against a model that knows them before they are written, and one that reads whole texts.
struct RandomTableTests {
    static let parts = [
        "a", "b", "7", " ", "\"", ",", "\t", "\n", "\r\n", "\r", "é", "𝄞", "\u{2028}", "\\", "{{x}}", "", "longer text",
    ]

    @Test func whatWasWrittenIsRead() {
        let seed = environment("LLM4S_ROWS_SEED", default: 1)
        var random = SplitMix64(state: UInt64(seed))
        for trial in 0..<environment("LLM4S_ROWS_TRIALS", default: 1500) {
            let form: RowForm = Bool.random(using: &random) ? .csv : .tsv
            let columns = Int.random(in: 1...5, using: &random)
            let header = (0..<columns).map { "\($0)" + Self.cell(&random) }
            let rows = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (0..<columns).map { _ in Self.cell(&random) }
            }
            let lineEnd = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
            var text = Bool.random(using: &random) ? "\u{FEFF}" : ""
            var lines: [Int] = []
            var line = 1
            for (number, row) in ([header] + rows).enumerated() {
                if number > 0 { lines.append(line) }
                let written = Self.written(row, form, &random)
                line += 1 + Self.lineEnds(in: written, lineEnd)
                text += written + (number == rows.count && Bool.random(using: &random) ? "" : lineEnd)
            }
            let pieces = Int.random(in: 1...max(1, text.utf8.count), using: &random)
            let table = ReadTable(text, form, pieces: pieces)
            let place = "seed \(seed), trial \(trial), pieces of \(pieces): \(text.debugDescription)"
            #expect(table.columns.map { Array($0.utf8) } == header.map { Array($0.utf8) }, "\(place)")
            #expect(table.rows == rows, "\(place)")
            #expect(table.lines == lines, "\(place)")
            #expect(table.faults == [], "\(place)")
        }
    }

    /// Of any bytes that hold no fault the rows are those of a reader of whole texts, and cuts change nothing.
    @Test func anyTextIsReadAlikeWhereverItIsCut() {
        let seed = environment("LLM4S_ROWS_SEED", default: 1)
        var random = SplitMix64(state: UInt64(seed) &+ 1)
        let parts = ["x", "y", "\"", "\"", ",", ",", "\n", "\r\n", "\r", " ", "é", "x,y\n", "\r1,2\r"]
        let headers = ["h,i\n", "h,i\r\n", "h,i\r", "é,𝄞\n", "\"h\r\n\",é\r", "\r\rh,i\r", "\u{FEFF}é,\"\"\"i\"\n"]
        var sound = (rows: 0, ragged: 0, returns: 0)
        for trial in 0..<environment("LLM4S_ROWS_TRIALS", default: 1500) {
            let soup = (0..<Int.random(in: 1...14, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            let text = (headers.randomElement(using: &random) ?? "") + soup.joined()
            let whole = ReadTable(text)
            let place = "seed \(seed), trial \(trial): \(text.debugDescription)"
            for pieces in 1...5 { #expect(ReadTable(text, pieces: pieces) == whole, "\(place)") }
            let model = WholeTable(text)
            #expect((model == nil) == whole.faults.contains { !$0.contains("the row has ") }, "\(place)")
            if let model {
                sound.rows += model.rows.count
                sound.ragged += model.ragged
                sound.returns += model.isReturn ? model.rows.count : 0
                #expect(model.rows == whole.rows, "\(place)")
                #expect(whole.faults.count == model.ragged, "\(place): \(whole.faults)")
            }
        }
        #expect(min(sound.rows, sound.ragged, sound.returns) > 100, "\(sound)")
    }

    private static func cell(_ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
    }

    /// A row as others write it: in quotes where it must be, and where it need not be at times.
    private static func written(_ row: [String], _ form: RowForm, _ random: inout SplitMix64) -> String {
        let delimiter = form == .csv ? "," : "\t"
        return row.map { cell in
            let mustQuote =
                cell.first == "\"" || cell.unicodeScalars.contains { "\r\n".unicodeScalars.contains($0) }
                || cell.contains(delimiter) || row.count == 1 && cell.isEmpty
            guard mustQuote || Bool.random(using: &random) else { return cell }
            return "\"" + cell.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: delimiter)
    }

    private static func lineEnds(in text: String, _ lineEnd: String) -> Int {
        let units = Array(text.utf8)
        if lineEnd != "\r" { return units.count { $0 == 0x0A } }
        return units.indices.count { units[$0] == 0x0D || units[$0] == 0x0A && ($0 == 0 || units[$0 - 1] != 0x0D) }
    }
}

/// A reader of whole texts with two columns, as one would write it without bounds or pieces; nil where anything is wrong but
/// the number of a row's cells.
private struct WholeTable {
    var rows: [[String]] = []
    /// How many rows have more cells than two, or fewer.
    var ragged = 0
    /// Whether lines end with CR alone, as the first one does.
    var isReturn: Bool { end == .some(true) }
    private var end: Bool?

    init?(_ text: String) {
        let units = Array(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
        var index = 0
        var isHeader = true
        while index < units.count {
            if let length = endLine(units, index) {
                index += length
                continue
            }
            var row: [String] = []
            repeat {
                var cell = ""
                if !row.isEmpty { index += 1 }
                if index < units.count, units[index] == "\"" {
                    guard let close = Self.close(units, index + 1) else { return nil }
                    cell = Self.string(units[index + 1..<close]).replacing("\"\"", with: "\"")
                    index = close + 1
                } else {
                    let end = units[index...].firstIndex { ",\n\r".unicodeScalars.contains($0) } ?? units.count
                    cell = Self.string(units[index..<end])
                    index = end
                }
                row.append(cell)
                guard index < units.count else { break }
            } while units[index] == ","
            if index < units.count {
                guard let length = endLine(units, index) else { return nil }
                index += length
            }
            if !isHeader { if row.count == 2 { rows.append(row) } else { ragged += 1 } }
            isHeader = false
        }
    }

    /// The length of the line end there, which if it is the first tells the others; nil where none is.
    private mutating func endLine(_ units: [Unicode.Scalar], _ index: Int) -> Int? {
        var length = 1
        if units[index] == "\r" {
            let isLast = index + 1 == units.count
            if !isLast, units[index + 1] == "\n" { length = 2 } else if !isLast, end == false { return nil }
        } else if units[index] != "\n" {
            return nil
        }
        if end == nil { end = units[index] == "\r" && length == 1 }
        return length
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    /// The quote that closes what begins at an index: the first that has no other behind it.
    private static func close(_ units: [Unicode.Scalar], _ start: Int) -> Int? {
        var index = start
        while index < units.count {
            if units[index] != "\"" {
                index += 1
            } else if index + 1 < units.count, units[index + 1] == "\"" {
                index += 2
            } else {
                return index
            }
        }
        return nil
    }
}
