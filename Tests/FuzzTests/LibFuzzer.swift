import Foundation

/// The edge that a fuzzer works on.
private let chosenEdge: FuzzEdge = {
    let name = ProcessInfo.processInfo.environment["LLM4S_FUZZ_EDGE"] ?? ""
    guard let edge = FuzzEdge(rawValue: name) else {
        fatalError("LLM4S_FUZZ_EDGE is '\(name)', not one of \(FuzzEdge.allCases.map(\.rawValue))")
    }
    return edge
}()

/// What libFuzzer calls first: writes the edge's seeds and the numbers into the folder LLM4S_FUZZ_CORPUS, if it is set.
@_cdecl("LLVMFuzzerInitialize")
public func prepareFuzzing(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    guard let path = ProcessInfo.processInfo.environment["LLM4S_FUZZ_CORPUS"] else { return 0 }
    let folder = URL(filePath: path)
    let numbers = FuzzMutation.numbers.map { number in
        "\"" + number.replacing("\"", with: "\\\"") + "\"\n"
    }
    do {
        for (index, seed) in chosenEdge.seeds.enumerated() {
            try Data(seed.utf8).write(to: folder.appending(path: "seed-\(index)"))
        }
        try Data(numbers.joined().utf8).write(to: folder.deletingLastPathComponent().appending(path: "dictionary"))
    } catch {
        fatalError("\(path): \(error)")
    }
    return 0
}

/// What libFuzzer calls with each input (llvm.org/docs/LibFuzzer.html); `.ci/fuzz` makes the program around it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let isDone = DispatchSemaphore(value: 0)
    let edge = chosenEdge
    Task.detached {
        do { try await edge.take(bytes) } catch { fatalError("\(edge.rawValue): \(error)") }
        isDone.signal()
    }
    isDone.wait()
    return 0
}
