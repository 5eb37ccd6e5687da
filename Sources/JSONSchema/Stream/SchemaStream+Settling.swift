/// How a change goes up to the document's answer.
extension SchemaStream {
    mutating func note(_ keyword: Keyword, _ node: PlanNode, _ frame: Int) {
        failure = Failure(keyword: keyword, node: node, frame: frame)
        failureIsNew = true
    }

    mutating func fail(_ cell: Int, of evaluation: Int, at frame: Int, _ keyword: Keyword, _ node: PlanNode) {
        fail(cell, of: evaluation, at: frame, Failure(keyword: keyword, node: node, frame: frame))
    }

    mutating func fail(_ cell: Int, of evaluation: Int, at frame: Int, _ words: Failure) {
        guard cells[cell].own == .open else { return }
        failure = words
        failureIsNew = true
        cells[cell].own = .no
        soil(evaluation, frame)
    }

    mutating func succeed(_ cell: Int, of evaluation: Int, at frame: Int) {
        cells[cell].own = .yes
        soil(evaluation, frame)
    }

    mutating func soil(_ evaluation: Int, _ frame: Int) {
        evaluations[evaluation].isDirty = true
        frames[frame].isDirty = true
    }

    /// An element fits `contains`.
    mutating func contain(_ outer: (evaluation: Int, cell: Int, node: PlanNode), at frame: Int) {
        cells[outer.cell].contained += 1
        guard let rule = outer.node.node.list, cells[outer.cell].contained > rule.maximumContained else { return }
        fail(outer.cell, of: outer.evaluation, at: frame, .maxContains, outer.node)
    }

    /// Looks for the answers of all evaluations that changed, from a frame up to the document.
    mutating func settle(_ innermost: Int) {
        var frame = innermost
        while frame >= 0, frames[frame].isDirty, stage != .stopped {
            frames[frame].isDirty = false
            let end = frame + 1 < frames.count ? frames[frame + 1].evaluations : evaluations.count
            for evaluation in frames[frame].evaluations..<end where evaluations[evaluation].isDirty {
                evaluations[evaluation].isDirty = false
                if answer(evaluation, frame) { deliver(evaluation, frame) }
            }
            frame -= 1
        }
        failureIsNew = false
        if stage != .stopped, hasRoot, evaluations[0].answer == .no { stop(finding()) }
    }

    /// Whether an evaluation's answer came just now.
    private mutating func answer(_ evaluation: Int, _ frame: Int) -> Bool {
        guard evaluations[evaluation].answer == .open, let plan = program.plans[evaluations[evaluation].schema]
        else { return false }
        let first = evaluations[evaluation].firstCell
        for position in plan.nodes.indices where cells[first + position].answer == .open {
            cells[first + position].answer = answer(of: plan.nodes[position], first, first + position, frame)
        }
        let last = first + plan.nodes.count - 1
        evaluations[evaluation].answer = cells[last].answer
        if cells[last].answer != .open { return true }
        if plan.nodes.count > 1 { findNeeded(plan, first) }
        return false
    }

    /// A schema's answer matters while one that refers to it is open and matters.
    private mutating func findNeeded(_ plan: Plan, _ first: Int) {
        for cell in first..<first + plan.nodes.count - 1 { cells[cell].isNeeded = false }
        for position in plan.nodes.indices.reversed() {
            let cell = cells[first + position]
            guard cell.isNeeded, cell.answer == .open else { continue }
            for other in plan.nodes[position].inPlace { cells[first + other].isNeeded = true }
        }
    }

    /// Kleene's logic: what is open may be either.
    private mutating func answer(of node: PlanNode, _ first: Int, _ cell: Int, _ frame: Int) -> Answer {
        var answer = cells[cell].own
        if answer == .no || node.inPlace.isEmpty { return answer }
        func join(_ other: Answer) {
            if other == .no { answer = .no } else if other == .open, answer == .yes { answer = .open }
        }
        for position in node.conjunction { join(cells[first + position].answer) }
        for group in node.alternatives { join(anyOf(group, first)) }
        if !node.exactlyOne.isEmpty { join(oneOf(node, first, frame)) }
        if let negated = node.negated {
            switch cells[first + negated].answer {
            case .open: join(.open)
            case .no: break
            case .yes:
                join(.no)
                note(.not, node, frame)
            }
        }
        if let condition = node.condition {
            let outcome = conditional(condition, first)
            if outcome == .no, !failureIsNew { note(.condition, node, frame) }
            join(outcome)
        }
        for dependent in node.dependents {
            let outcome = self.dependent(dependent, first, cell, frame)
            if outcome == .no, !failureIsNew { note(.dependentSchemas, node, frame) }
            join(outcome)
        }
        return answer
    }

    private func anyOf(_ group: [Int], _ first: Int) -> Answer {
        var answer = Answer.no
        for position in group {
            switch cells[first + position].answer {
            case .yes: return .yes
            case .open: answer = .open
            case .no: break
            }
        }
        return answer
    }

    private mutating func oneOf(_ node: PlanNode, _ first: Int, _ frame: Int) -> Answer {
        var (yes, open) = (0, 0)
        for position in node.exactlyOne {
            switch cells[first + position].answer {
            case .yes: yes += 1
            case .open: open += 1
            case .no: break
            }
        }
        if yes > 1 { note(.oneOf, node, frame) }
        if yes > 1 || yes + open == 0 { return .no }
        return open == 0 ? .yes : .open
    }

    private func conditional(_ condition: SchemaNode.Condition, _ first: Int) -> Answer {
        let then = condition.then.map { cells[first + $0].answer } ?? .yes
        let otherwise = condition.otherwise.map { cells[first + $0].answer } ?? .yes
        switch cells[first + condition.test].answer {
        case .yes: return then
        case .no: return otherwise
        case .open: return then == otherwise ? then : .open
        }
    }

    private func dependent(_ dependent: SchemaNode.Dependent, _ first: Int, _ cell: Int, _ frame: Int) -> Answer {
        let answer = cells[first + dependent.schema].answer
        if frames[frame].kind != .object || answer == .yes { return .yes }
        if hasName(cell, dependent.slot) { return answer }
        return frames[frame].hasEnded ? .yes : .open
    }

    /// Whether a name of the cell's schema came.
    func hasName(_ cell: Int, _ slot: Int) -> Bool { bits[cells[cell].bits + slot / 64] >> (slot % 64) & 1 == 1 }

    /// Tells the cells of the value around it.
    private mutating func deliver(_ evaluation: Int, _ frame: Int) {
        let end = frame + 1 < frames.count ? frames[frame + 1].applications : applications.count
        for position in frames[frame].applications..<end where applications[position].evaluation == evaluation {
            let application = applications[position]
            let (outer, cell) = (application.outerEvaluation, application.outerCell)
            guard let plan = program.plans[evaluations[outer].schema] else { continue }
            let node = plan.nodes[cell - evaluations[outer].firstCell]
            let answer = evaluations[evaluation].answer
            switch application.role {
            case .must:
                if answer == .no {
                    fail(cell, of: outer, at: frame - 1, failure ?? Failure(keyword: .type, node: node, frame: frame))
                }
            case .contains:
                if answer == .yes {
                    contain((outer, cell, node), at: frame - 1)
                } else {
                    miss(cell, outer, node, frame - 1)
                }
            }
        }
    }

    /// An element does not fit `contains`: there may be too few left.
    private mutating func miss(_ cell: Int, _ evaluation: Int, _ node: PlanNode, _ frame: Int) {
        guard let rule = node.node.list, node.mostItems < .max,
            cells[cell].contained + node.mostItems - frames[frame].count < rule.minimumContained
        else { return }
        fail(cell, of: evaluation, at: frame, .contains, node)
    }
}
