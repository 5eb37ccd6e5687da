import LLMStreaming

/// Arrays and their elements.
extension SchemaStream {
    /// The opening bracket.
    mutating func beginList(_ frame: Int) {
        var isUnique = false
        forEachCell(at: frame) { _, _, _, node in
            if node.node.list?.isUnique == true { isUnique = true }
        }
        guard isUnique else { return }
        keptValues.append([])
        frames[frame].keptFrom = kept.count
    }

    /// An element is certain to come: after the comma, or at the first byte of the first.
    mutating func beginElement(_ bytes: Span<UInt8>) {
        let frame = frames.count - 1
        if frames[frame].keptFrom != nil {
            // White space and the comma before it do no harm.
            keep(bytes, to: position + (stage == .next ? 1 : 0))
            frames[frame].keptFrom = kept.count
        }
        let place = frames[frame].count
        forEachCell(at: frame) { machine, evaluation, cell, node in
            if place >= node.mostItems { machine.fail(cell, of: evaluation, at: frame, .maxItems, node) }
        }
        settle(frame)
        guard stage != .stopped else { return }
        frames[frame].count += 1
        push()
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard let rule = node.node.list else { return }
            if let schema = rule.schema(at: place) { machine.apply(schema, outer: (evaluation, cell, node)) }
            if let schema = rule.contained { machine.apply(schema, .contains, outer: (evaluation, cell, node)) }
        }
        settle(frame)
        checkKinds()
    }

    /// The closing bracket.
    mutating func endList(_ frame: Int) {
        forEachCell(at: frame) { machine, evaluation, cell, node in
            let rule = node.node.list ?? ListRule()
            if machine.frames[frame].count < rule.minimum {
                machine.fail(cell, of: evaluation, at: frame, .minItems, node)
            } else if rule.contained != nil, machine.cells[cell].contained < rule.minimumContained {
                machine.fail(cell, of: evaluation, at: frame, .contains, node)
            } else {
                machine.succeed(cell, of: evaluation, at: frame)
            }
        }
    }

    /// An element ended in an array whose elements may not be equal.
    mutating func endKeptElement(_ frame: Int) {
        guard let start = frames[frame].keptFrom, let value = try? JSONParser.parse(Array(kept[start...]))
        else { return }
        let isNew = keptValues[keptValues.count - 1].insert(CheckedValue(value).canonical).inserted
        if keptValues.count == 1 { kept.removeLast(kept.count - start) }
        guard !isNew else { return }
        forEachCell(at: frame) { machine, evaluation, cell, node in
            guard node.node.list?.isUnique == true else { return }
            machine.fail(
                cell, of: evaluation, at: frame,
                Failure(keyword: .uniqueItems, node: node, frame: frame, found: "an element a second time"))
        }
        settle(frame)
    }

    mutating func endKeeping() {
        keptValues.removeLast()
        if keptValues.isEmpty { kept.removeAll(keepingCapacity: true) }
    }
}
