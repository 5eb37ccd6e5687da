/// Objects and their members.
extension SchemaStream {
    /// A member is certain to come: after the comma, or at the first name's quote.
    mutating func expectMember() {
        let frame = frames.count - 1
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard let rule = node.node.members else { return }
            if machine.frames[frame].count >= rule.maximum {
                machine.fail(cell, of: evaluation, at: frame, .maxProperties, node)
            } else if node.allowedNames != nil, !machine.hasNameLeft(cell, node, 0..<rule.names.count) {
                machine.failName(cell, evaluation, frame, node)
            }
        }
        settle(frame)
    }

    /// Whether a name of these slots may come and did not.
    private func hasNameLeft(_ cell: Int, _ node: PlanNode, _ slots: Range<Int>) -> Bool {
        guard let allowed = node.allowedNames else { return true }
        var slot = slots.lowerBound
        while slot < slots.upperBound {
            let word = allowed[slot / 64] & ~bits[cells[cell].bits + slot / 64] & (~0 << UInt64(slot % 64))
            if word != 0 { return slot / 64 * 64 + word.trailingZeroBitCount < slots.upperBound }
            slot = (slot / 64 + 1) * 64
        }
        return false
    }

    /// A name's first quote.
    mutating func beginName() {
        let frame = frames.count - 1
        token.begin()
        token.isName = true
        names.begin()
        stage = .string
        var isChecked = false
        forEachCell(at: frame) { machine, _, cell, node in
            guard let rule = node.node.members else { return }
            if node.allowedNames != nil {
                (machine.cells[cell].low, machine.cells[cell].high) = (0, rule.names.count)
                machine.token.hasClosedNames = true
            }
            if rule.name != nil { isChecked = true }
        }
        guard isChecked else { return }
        push()
        frames[frame + 1].isName = true
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard let name = node.node.members?.name else { return }
            machine.apply(name, outer: (evaluation, cell, node))
        }
        settle(frame)
        if stage != .stopped { begin(.string) }
    }

    private var objectFrame: Int { frames[frames.count - 1].isName ? frames.count - 2 : frames.count - 1 }

    mutating func narrowNames(_ byte: UInt8, _ offset: Int) {
        let frame = objectFrame
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard node.allowedNames != nil, let names = node.node.members?.names else { return }
            let range = machine.cells[cell].low..<machine.cells[cell].high
            let left =
                range.count == 1 && names.has(byte, at: offset, in: range.lowerBound)
                ? range : names.narrowed(range, at: offset, to: byte)
            (machine.cells[cell].low, machine.cells[cell].high) = (left.lowerBound, left.upperBound)
            if !machine.hasNameLeft(cell, node, left) { machine.failName(cell, evaluation, frame, node) }
        }
        settle(frame)
    }

    /// Whether a name may go on with a run of bytes for all schemas; where not, each byte has to be looked at.
    mutating func allowsNames(_ bytes: Span<UInt8>, _ run: Range<Int>) -> Bool {
        let frame = objectFrame
        let end = frame + 1 < frames.count ? frames[frame + 1].evaluations : evaluations.count
        for evaluation in frames[frame].evaluations..<end where evaluations[evaluation].answer == .open {
            guard let plan = program.plans[evaluations[evaluation].schema] else { continue }
            let first = evaluations[evaluation].firstCell
            for position in plan.nodes.indices where cells[first + position].isAtWork {
                let node = plan.nodes[position]
                guard node.allowedNames != nil, let names = node.node.members?.names else { continue }
                var left = cells[first + position].low..<cells[first + position].high
                for index in run where !left.isEmpty {
                    left = names.narrowed(left, at: token.decoded + index - run.lowerBound, to: bytes[index])
                }
                guard hasNameLeft(first + position, node, left) else { return false }
                (cells[first + position].low, cells[first + position].high) = (left.lowerBound, left.upperBound)
            }
        }
        return true
    }

    mutating func checkNameEscape(_ next: NextCharacter) {
        let frame = objectFrame
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard node.allowedNames != nil, let names = node.node.members?.names else { return }
            let range = machine.cells[cell].low..<machine.cells[cell].high
            let isLeft = range.contains {
                machine.hasNameLeft(cell, node, $0..<$0 + 1) && next.fits(names, $0, at: machine.token.decoded)
            }
            if !isLeft { machine.failName(cell, evaluation, frame, node) }
        }
        settle(frame)
    }

    private mutating func failName(_ cell: Int, _ evaluation: Int, _ frame: Int, _ node: PlanNode) {
        guard let rule = node.node.members else { return }
        let left = rule.names.slots.filter { hasNameLeft(cell, node, $0..<$0 + 1) }.map { rule.names[$0] }
        let found = stage == .name ? "another member" : "a member whose name begins \(beginningOfToken)"
        fail(
            cell, of: evaluation, at: frame,
            Failure(keyword: .additionalProperties, node: node, frame: frame, names: left, found: found))
    }

    /// A name's last quote: its value's schemas are known.
    mutating func endName() {
        if frames[frames.count - 1].isName {
            endText(frames.count - 1)
            settle(frames.count - 1)
            if stage == .stopped { return }
            pop()
        }
        let frame = frames.count - 1
        guard names.end(firstName: frames[frame].names) else {
            return refuse("a second member \(beginningOfToken)", asked: "each name once")
        }
        frames[frame].count += 1
        frames[frame].name = names.count - 1
        stage = .colon
        push()
        forEachCell(at: frame) { machine, evaluation, cell, node in
            if let rule = node.node.members { machine.member((evaluation, cell, node), rule, frame) }
        }
        settle(frame)
        checkKinds()
    }

    /// Applies the schemas of the member whose name was read.
    private mutating func member(
        _ outer: (evaluation: Int, cell: Int, node: PlanNode), _ rule: MemberRule, _ frame: Int
    ) {
        let (evaluation, cell, node) = outer
        var isCovered = false
        if let slot = slot(cell, node, rule) {
            bits[cells[cell].bits + slot / 64] |= 1 << (slot % 64)
            if rule.isRequired[slot] { cells[cell].missing -= 1 }
            if let schema = rule.schemas[slot] {
                isCovered = true
                apply(schema, outer: outer)
            }
            if node.dependents.contains(where: { $0.slot == slot }) { soil(evaluation, frame) }
        }
        for (pattern, schema) in rule.patterns where matches(pattern, names.match(pattern)) {
            isCovered = true
            apply(schema, outer: outer)
        }
        if !isCovered, let schema = rule.additional {
            if program.possible[schema].isEmpty {
                failName(cell, evaluation, frame, node)
            } else {
                apply(schema, outer: outer)
            }
        }
        if node.isOnlyRequired, cells[cell].missing == 0 { succeed(cell, of: evaluation, at: frame) }
        if rule.maximum < .max, frames[frame].count + missing(cell, rule) > rule.maximum {
            fail(cell, of: evaluation, at: frame, .maxProperties, node)
        }
    }

    /// How many members must still come.
    private func missing(_ cell: Int, _ rule: MemberRule) -> Int {
        guard rule.hasNeeds else { return cells[cell].missing }
        var needed: Set<Int> = []
        for slot in rule.names.slots where hasName(cell, slot) { needed.formUnion(rule.needs[slot]) }
        return rule.names.slots.count { !hasName(cell, $0) && (rule.isRequired[$0] || needed.contains($0)) }
    }

    /// Which of a schema's names it is; nil for none.
    private func slot(_ cell: Int, _ node: PlanNode, _ rule: MemberRule) -> Int? {
        if node.allowedNames != nil {
            let (low, high) = (cells[cell].low, cells[cell].high)
            return low < high && rule.names.length(of: low) == names.current.count ? low : nil
        }
        return rule.names.position(of: names.bytes.span.extracting(names.current))
    }

    /// The closing brace.
    mutating func endMembers(_ frame: Int) {
        forEachCell(at: frame) { machine, evaluation, cell, node in
            let rule = node.node.members ?? MemberRule()
            let broken = machine.brokenKeyword(cell, rule, frame)
            if let (keyword, names) = broken {
                machine.fail(
                    cell, of: evaluation, at: frame,
                    Failure(keyword: keyword, node: node, frame: frame, names: names))
            } else {
                machine.succeed(cell, of: evaluation, at: frame)
            }
        }
        // A name that did not come needs nothing.
        let end = frames[frame].evaluations..<evaluations.count
        for evaluation in end where evaluations[evaluation].answer == .open { soil(evaluation, frame) }
    }

    private func brokenKeyword(_ cell: Int, _ rule: MemberRule, _ frame: Int) -> (Keyword, [String])? {
        if cells[cell].missing > 0 {
            let missing = rule.names.slots.filter { rule.isRequired[$0] && !hasName(cell, $0) }
            return (.required, missing.map { rule.names[$0] })
        }
        if frames[frame].count < rule.minimum { return (.minProperties, []) }
        for slot in rule.names.slots where rule.hasNeeds && !rule.needs[slot].isEmpty && hasName(cell, slot) {
            let missing = rule.needs[slot].filter { !hasName(cell, $0) }
            if !missing.isEmpty { return (.dependentRequired, missing.map { rule.names[$0] }) }
        }
        return nil
    }
}
