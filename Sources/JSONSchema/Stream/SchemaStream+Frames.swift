/// Values that begin and end.
extension SchemaStream {
    /// A value will come: its schemas are known, its kind is not.
    mutating func push() {
        frames.append(
            Frame(
                evaluations: evaluations.count, cells: cells.count, bits: bits.count,
                applications: applications.count, names: names.count))
    }

    /// Checks the value to come against a schema.
    ///
    /// - Parameters:
    ///   - outer: the evaluation and cell of the value around it that the answer is for.
    mutating func apply(
        _ schema: Int, _ role: Application.Role = .must, outer: (evaluation: Int, cell: Int, node: PlanNode)? = nil
    ) {
        let frame = frames.count - 1
        if program.possible[schema].isEmpty {
            if role == .contains { return }
            let words = Failure(keyword: .falseSchema, node: program.plans[schema]?.nodes.last, frame: frame)
            if let outer { return fail(outer.cell, of: outer.evaluation, at: frame - 1, words) }
            failure = words
            return stop(finding())
        }
        if program.certain[schema] == .all {
            if role == .contains, let outer { contain(outer, at: frame - 1) }
            return
        }
        let known = evaluations[frames[frame].evaluations...].firstIndex { $0.schema == schema }
        if known == nil { evaluations.append(Evaluation(schema: schema)) }
        guard let outer else { return }
        let evaluation = known ?? evaluations.count - 1
        let around = evaluations[outer.evaluation]
        if role == .must, around.isRequired,
            program.plans[around.schema]?.mustHold[outer.cell - around.firstCell] == true
        {
            evaluations[evaluation].isRequired = true
        }
        applications.append(
            Application(
                evaluation: evaluation, role: role, outerEvaluation: outer.evaluation, outerCell: outer.cell))
    }

    /// All schemas of the value to come are applied: some kind of value must be possible for all that must hold.
    mutating func checkKinds() {
        let frame = frames.count - 1
        var kinds = KindSet.all
        for evaluation in evaluations[frames[frame].evaluations...] where evaluation.isRequired {
            kinds.formIntersection(program.possible[evaluation.schema])
        }
        guard kinds.isEmpty, stage != .stopped else { return }
        stop(
            SchemaFinding(
                pointer: pointer(to: frame), found: "a value",
                asked: "nothing: the schemas for it exclude one another"))
    }

    /// The first byte of the value came, or a name's first quote.
    mutating func begin(_ kind: KindSet) {
        let frame = frames.count - 1
        frames[frame].kind = kind
        token.hasNumberRules = false
        for evaluation in frames[frame].evaluations..<evaluations.count {
            guard let plan = program.plans[evaluations[evaluation].schema] else { continue }
            evaluations[evaluation].firstCell = cells.count
            evaluations[evaluation].isDirty = true
            frames[frame].isDirty = true
            for node in plan.nodes { cells.append(cell(node, kind)) }
            if let last = plan.nodes.last, !last.possible.contains(kind) { note(.type, last, frame) }
        }
        if frames[frame].isDirty { settle(frame) }
        guard stage != .stopped else { return }
        switch kind {
        case .string: beginText(frame)
        case .number: token.number.reset(keepsDigits: token.hasNumberRules)
        case .array: beginList(frame)
        default: break
        }
    }

    private mutating func cell(_ node: PlanNode, _ kind: KindSet) -> Cell {
        if node.certain.contains(kind) { return Cell(own: .yes, answer: .yes) }
        if !node.possible.contains(kind) { return Cell(own: .yes, answer: .no) }
        guard node.ruled.contains(kind) else { return Cell(own: .yes, answer: .open) }
        var cell = Cell(own: .open, answer: .open)
        switch kind {
        case .number: token.hasNumberRules = true
        case .string: cell.high = node.literals?.strings.count ?? 0
        case .object:
            guard let rule = node.node.members else { break }
            cell.missing = rule.requiredCount
            cell.bits = bits.count
            bits.append(contentsOf: repeatElement(0, count: (rule.names.count + 63) / 64))
        default: break
        }
        return cell
    }

    /// The last byte of the value came.
    mutating func endValue() {
        let frame = frames.count - 1
        frames[frame].hasEnded = true
        switch frames[frame].kind {
        case .array: endList(frame)
        case .object: endMembers(frame)
        default: break
        }
        settle(frame)
        guard stage != .stopped else { return }
        pop()
        guard let outer = frames.last else {
            stage = .end
            state = .valid
            return
        }
        stage = .next
        if outer.keptFrom != nil { endKeptElement(frames.count - 1) }
    }

    /// Forgets the newest frame.
    mutating func pop() {
        let frame = frames.removeLast()
        if evaluations.count > frame.evaluations { evaluations.removeLast(evaluations.count - frame.evaluations) }
        if cells.count > frame.cells { cells.removeLast(cells.count - frame.cells) }
        if bits.count > frame.bits { bits.removeLast(bits.count - frame.bits) }
        if applications.count > frame.applications {
            applications.removeLast(applications.count - frame.applications)
        }
        if frame.kind == .object { names.removeAll(from: frame.names) }
        if frame.keptFrom != nil { endKeeping() }
    }

    /// The cells of a frame whose own rules are open and matter.
    mutating func forEachCell(
        at frame: Int, _ body: (inout SchemaStream, _ evaluation: Int, _ cell: Int, PlanNode) -> Void
    ) {
        let end = frame + 1 < frames.count ? frames[frame + 1].evaluations : evaluations.count
        for evaluation in frames[frame].evaluations..<end where evaluations[evaluation].answer == .open {
            guard let plan = program.plans[evaluations[evaluation].schema] else { continue }
            let first = evaluations[evaluation].firstCell
            for position in plan.nodes.indices where cells[first + position].isAtWork {
                body(&self, evaluation, first + position, plan.nodes[position])
            }
        }
    }
}
