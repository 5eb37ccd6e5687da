/// Strings and names: their bytes, escapes, and the rules that can be broken before the last quote.
extension SchemaStream {
    /// What the rules of the frame's schemas need to see of the text that begins.
    mutating func beginText(_ frame: Int) {
        forEachCell(at: frame) { machine, _, _, node in
            if let text = node.node.text {
                machine.token.limit = min(machine.token.limit, text.maximum)
                if text.pattern != nil { machine.token.keepsText = true }
            }
            if node.literals?.strings.isEmpty == false { machine.token.hasLiterals = true }
        }
    }

    /// Takes bytes of a string, up to one that ends the run, and gives the index after them.
    mutating func string(_ bytes: Span<UInt8>, _ start: Int, base: Int) -> Int {
        if token.utf8Needed > 0 {
            continueCharacter(bytes[start])
            return start + 1
        }
        let end = PlainText.end(in: bytes, from: start)
        if end > start {
            if token.half != 0 { loseHalf() }
            take(bytes, start..<end, base: base)
            if end == bytes.count || stage == .stopped { return end }
        }
        position = base + end
        switch bytes[end] {
        case UInt8(ascii: "\""):
            if token.half != 0 { loseHalf() }
            if stage == .stopped { return end + 1 }
            if token.isName {
                endName()
            } else {
                keep(bytes, to: position + 1)
                endText(frames.count - 1)
                endValue()
            }
        case UInt8(ascii: "\\"): beginEscape()
        case 0..<0x20: refuse("a control character in a string", asked: "an escape for it")
        default:
            let after = characters(bytes, end)
            if after > end { return after }
            beginCharacter(bytes[end])
        }
        return end + 1
    }

    /// Takes a run of ASCII.
    private mutating func take(_ bytes: Span<UInt8>, _ run: Range<Int>, base: Int) {
        let isSlow = token.hasLiterals || run.count > token.limit - token.length
        if isSlow || token.hasClosedNames && !allowsNames(bytes, run) {
            for index in run where stage != .stopped {
                position = base + index
                countCharacter()
                if stage != .stopped { take(bytes[index]) }
            }
            return
        }
        token.length += run.count
        let part = bytes.extracting(run)
        if token.isName { names.append(part) }
        if token.keepsText { unsafe part.withUnsafeBufferPointer { unsafe token.text.append(contentsOf: $0) } }
        let room = Token.mostBeginning - token.beginning.count
        if room > 0 {
            let beginning = part.extracting(first: room)
            unsafe beginning.withUnsafeBufferPointer { unsafe token.beginning.append(contentsOf: $0) }
        }
        token.decoded += run.count
    }

    /// Takes a byte of the decoded text.
    mutating func take(_ byte: UInt8) {
        if token.isName { names.append(byte) }
        if token.keepsText { token.text.append(byte) }
        if token.beginning.count < Token.mostBeginning { token.beginning.append(byte) }
        let offset = token.decoded
        token.decoded += 1
        if token.hasLiterals { narrowLiterals(byte, offset) }
        if token.hasClosedNames, stage != .stopped { narrowNames(byte, offset) }
    }

    private mutating func narrowLiterals(_ byte: UInt8, _ offset: Int) {
        let frame = frames.count - 1
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard let strings = node.literals?.strings else { return }
            let left = strings.narrowed(
                machine.cells[cell].low..<machine.cells[cell].high, at: offset, to: byte)
            (machine.cells[cell].low, machine.cells[cell].high) = (left.lowerBound, left.upperBound)
            if left.isEmpty { machine.fail(cell, of: evaluation, at: frame, .literal, node) }
        }
        settle(frame)
    }

    /// Counts the character that begins.
    mutating func countCharacter() {
        token.length += 1
        guard token.length > token.limit else { return }
        token.limit = .max
        let frame = frames.count - 1
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard let text = node.node.text else { return }
            if text.maximum < machine.token.length {
                machine.fail(cell, of: evaluation, at: frame, .maxLength, node)
            } else {
                machine.token.limit = min(machine.token.limit, text.maximum)
            }
        }
        settle(frame)
    }

    /// Takes whole characters of several bytes where nothing but their number counts, and gives the index after them.
    private mutating func characters(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        guard !token.isName, !token.hasLiterals, token.half == 0 else { return start }
        var index = start
        while let length = UTF8Form.length(of: bytes, at: index), token.length < token.limit {
            token.length += 1
            index += length
        }
        guard index > start else { return start }
        let part = bytes.extracting(start..<index)
        if token.keepsText { unsafe part.withUnsafeBufferPointer { unsafe token.text.append(contentsOf: $0) } }
        let room = Token.mostBeginning - token.beginning.count
        if room > 0 {
            let beginning = part.extracting(first: room)
            unsafe beginning.withUnsafeBufferPointer { unsafe token.beginning.append(contentsOf: $0) }
        }
        token.decoded += part.count
        return index
    }

    /// The first byte of a character of several (RFC 3629, section 4).
    private mutating func beginCharacter(_ byte: UInt8) {
        if token.half != 0 { loseHalf() }
        guard let form = UTF8Form(byte) else { return refuseCharacter(byte) }
        (token.utf8Needed, token.utf8Low, token.utf8High) = (form.needed, form.low, form.high)
        if stage != .stopped { countCharacter() }
        if stage != .stopped { take(byte) }
    }

    private mutating func continueCharacter(_ byte: UInt8) {
        guard (token.utf8Low...token.utf8High).contains(byte) else { return refuseCharacter(byte) }
        (token.utf8Low, token.utf8High) = (0x80, 0xBF)
        token.utf8Needed -= 1
        take(byte)
    }

    private mutating func refuseCharacter(_ byte: UInt8) {
        refuse("the byte 0x\(String(byte, radix: 16)) in a string", asked: "UTF-8")
    }

    /// The last quote of a value or of a name that is checked.
    mutating func endText(_ frame: Int) {
        forEachCell(at: frame) { machine, evaluation, cell, node in
            if let keyword = machine.brokenKeyword(node, cell) {
                machine.fail(cell, of: evaluation, at: frame, keyword, node)
            } else {
                machine.succeed(cell, of: evaluation, at: frame)
            }
        }
    }

    private mutating func brokenKeyword(_ node: PlanNode, _ cell: Int) -> Keyword? {
        if let strings = node.literals?.strings {
            let (low, high) = (cells[cell].low, cells[cell].high)
            // The shortest of those that begin alike is the first.
            guard low < high, strings.length(of: low) == token.decoded else { return .literal }
        }
        guard let rule = node.node.text else { return nil }
        if token.length < rule.minimum { return .minLength }
        guard let pattern = rule.pattern else { return nil }
        return matches(pattern, pattern.regex.match(utf8: token.text.span)) ? nil : .pattern
    }

    /// Whether a pattern matches; the check ends where that takes too long to say.
    mutating func matches(_ pattern: Pattern, _ match: ECMARegex.Match) -> Bool {
        if match == .tooComplex {
            refuse(
                "a string for which the pattern \(Excerpt.of(pattern.text)) takes too many steps",
                asked: "a value that can be checked; the pattern needs to be simpler")
        }
        return match == .yes
    }
}
