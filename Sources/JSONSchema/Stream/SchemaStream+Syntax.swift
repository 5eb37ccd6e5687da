/// The grammar of RFC 8259 outside of strings and numbers.
extension SchemaStream {
    mutating func step(_ byte: UInt8, _ bytes: Span<UInt8>) {
        switch stage {
        case .word: word(byte, bytes)
        case .escape: escape(byte)
        case .hexadecimal: hexadecimal(byte)
        default:
            if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
            structure(byte, bytes)
        }
    }

    private mutating func structure(_ byte: UInt8, _ bytes: Span<UInt8>) {
        switch stage {
        case .value: beginValue(byte, bytes)
        case .firstElement:
            if byte == UInt8(ascii: "]") { return endContainer(bytes) }
            guard KindSet.beginning(with: byte) != nil else { return refuse(byte, asked: "a JSON value or ]") }
            beginElement(bytes)
            if stage != .stopped { beginValue(byte, bytes) }
        case .firstName:
            if byte == UInt8(ascii: "}") { return endContainer(bytes) }
            guard byte == UInt8(ascii: "\"") else { return refuse(byte, asked: "a member's name or }") }
            expectMember()
            if stage != .stopped { beginName() }
        case .name:
            guard byte == UInt8(ascii: "\"") else { return refuse(byte, asked: "a member's name") }
            beginName()
        case .colon:
            guard byte == UInt8(ascii: ":") else { return refuse(byte, asked: "a colon") }
            stage = .value
        case .next: next(byte, bytes)
        default: refuse(byte, asked: "nothing after the value")
        }
    }

    private mutating func next(_ byte: UInt8, _ bytes: Span<UInt8>) {
        let isArray = frames[frames.count - 1].kind == .array
        let close = isArray ? UInt8(ascii: "]") : UInt8(ascii: "}")
        if byte == close { return endContainer(bytes) }
        guard byte == UInt8(ascii: ",") else { return refuse(byte, asked: "a comma or \(isArray ? "]" : "}")") }
        if isArray {
            beginElement(bytes)
            if stage != .stopped { stage = .value }
        } else {
            stage = .name
            expectMember()
        }
    }

    private mutating func refuse(_ byte: UInt8, asked: String) {
        let isPlain = byte > 0x20 && byte < 0x7F
        let shown = isPlain ? "the character \(Unicode.Scalar(byte))" : "the byte 0x\(String(byte, radix: 16))"
        refuse(shown, asked: asked)
    }

    private mutating func beginValue(_ byte: UInt8, _ bytes: Span<UInt8>) {
        guard let kind = KindSet.beginning(with: byte) else { return refuse(byte, asked: "a JSON value") }
        token.begin()
        switch kind {
        case .object, .array:
            guard depth < Self.maximumDepth else {
                return refuse("a value at depth \(depth + 1)", asked: "at most \(Self.maximumDepth)")
            }
            depth += 1
            begin(kind)
            if stage != .stopped { stage = kind == .object ? .firstName : .firstElement }
        case .string:
            begin(kind)
            if stage != .stopped { stage = .string }
        case .number:
            begin(kind)
            guard stage != .stopped else { return }
            stage = .number
            _ = number(byte)
        default:
            token.word = Array((kind == .null ? "null" : kind == .yes ? "true" : "false").utf8)
            token.wordPosition = 1
            begin(kind)
            if stage != .stopped { stage = .word }
        }
    }

    private mutating func word(_ byte: UInt8, _ bytes: Span<UInt8>) {
        guard token.word[token.wordPosition] == byte else {
            return refuse(byte, asked: String(decoding: token.word, as: UTF8.self))
        }
        token.wordPosition += 1
        if token.wordPosition == token.word.count {
            keep(bytes, to: position + 1)
            endValue()
        }
    }

    private mutating func endContainer(_ bytes: Span<UInt8>) {
        depth -= 1
        keep(bytes, to: position + 1)
        endValue()
    }
}

/// Numbers.
extension SchemaStream {
    /// Takes a number's next byte; false where it is none of it, but something after it.
    mutating func number(_ byte: UInt8) -> Bool {
        guard token.number.add(byte) else {
            if token.number.mayEnd, !(0x30...0x39).contains(byte) { return false }
            refuse(byte, asked: token.number.mayEnd ? "no digit after a leading zero" : "a digit")
            return true
        }
        if token.beginning.count < Token.mostBeginning { token.beginning.append(byte) }
        if token.hasNumberRules { checkNumber() }
        return true
    }

    /// What is certain before the number's end.
    private mutating func checkNumber() {
        let frame = frames.count - 1
        forEachCell(at: frame) { machine, evaluation, cell, node in
            let scan = machine.token.number
            if let literals = node.literals, !literals.numbers.contains(where: { scan.canBecome($0) }) {
                machine.fail(cell, of: evaluation, at: frame, .literal, node)
            } else if let keyword = node.node.number?.broken(by: scan) {
                machine.fail(cell, of: evaluation, at: frame, keyword, node)
            }
        }
        settle(frame)
    }

    mutating func endNumber() {
        if token.hasNumberRules {
            let frame = frames.count - 1
            let number = token.number.value
            forEachCell(at: frame) { machine, evaluation, cell, node in
                if let literals = node.literals, !literals.numbers.contains(number) {
                    machine.fail(cell, of: evaluation, at: frame, .literal, node)
                } else if let keyword = node.node.number?.broken(by: number) {
                    machine.fail(cell, of: evaluation, at: frame, keyword, node)
                } else {
                    machine.succeed(cell, of: evaluation, at: frame)
                }
            }
        }
        endValue()
    }
}
