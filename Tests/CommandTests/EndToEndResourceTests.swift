import Foundation
import Testing

/// Tests of the library that count what their process has open, in a process of their own.
struct EndToEndResourceTests {
    @Test func cancelledStreamsLeaveNothingBehind() async throws {
        // This program, as `swift test` starts it.
        let child = try BatchProcess(
            ["--testing-library", "swift-testing", "--filter", "ResourceTests/aThousandCancelledStreams"],
            environment: ["LLM4S_ALONE": "1"], program: URL(filePath: "/proc/self/exe").resolvingSymlinksInPath())
        let ended = await child.ended()
        #expect(ended.status == 0, "\(ended.output)\(ended.error)")
        #expect((ended.output + ended.error).contains("1 test in 1 suite passed"), "\(ended.output)\(ended.error)")
    }
}
