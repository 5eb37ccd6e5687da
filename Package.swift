// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The compiler settings of every Swift target.
///
/// Warnings stop the build only where CI is set, so that a newer compiler's warning breaks our build and not a user's.
let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .strictMemorySafety(),
    ] + (ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

/// Programs that show how the libraries are used; each is also a test.
///
/// They see what is public, as a user's package would.
let examples: [Target] = [
    ("BasicStreaming", "LLM4S"), ("StreamingProgress", "LLM4S"), ("ErrorRecovery", "LLM4S"),
    ("AnswerAccumulation", "LLM4S"), ("EmbeddedRunner", "LLM4SBatch"),
].map { name, library in
    .executableTarget(
        name: name, dependencies: [.byName(name: library)], path: "Sources/Examples/\(name)", packageAccess: false,
        swiftSettings: settings)
}

let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let http2: [Target.Dependency] = [
    .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOHPACK", package: "swift-nio-http2"),
]

let package = Package(
    name: "llm4s-batch",
    products: [
        .library(name: "LLM4S", targets: ["LLM4S"]),
        .library(name: "LLM4SBatch", targets: ["LLM4SBatch"]),
        .executable(name: "llm4s-batch", targets: ["llm4s-batch"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "CSHA256"),
        .target(name: "CLoadSource"),
        .target(name: "CBenchmarkCounters"),
        .target(name: "CBuildCommit"),
        .target(name: "SystemCalls", swiftSettings: settings),
        .target(name: "ServerSentEvents", swiftSettings: settings),
        .target(name: "LLMStreaming", dependencies: ["ServerSentEvents"], swiftSettings: settings),
        .target(name: "JSONSchema", dependencies: ["LLMStreaming"], swiftSettings: settings),
        .target(name: "AnswerChecks", dependencies: ["JSONSchema", "LLMStreaming"], swiftSettings: settings),
        .target(
            name: "LLM4S",
            dependencies: [
                "AnswerChecks", "LLMStreaming", "ServerSentEvents", "SystemCalls", tls,
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + nio + http2,
            swiftSettings: settings),
        .target(name: "BatchRows", dependencies: ["LLMStreaming"], swiftSettings: settings),
        .target(
            name: "BatchEngine", dependencies: ["AnswerChecks", "BatchRows", "LLMStreaming", "CSHA256", "SystemCalls"],
            resources: [.embedInCode("Resources/job_line_schema.json")], swiftSettings: settings),
        .target(
            name: "BatchStore", dependencies: ["BatchEngine", "LLMStreaming", "CSQLite", "SystemCalls"],
            resources: [
                .embedInCode("Resources/schema_v6.sql"), .embedInCode("Resources/migration_v2.sql"),
                .embedInCode("Resources/migration_v3.sql"), .embedInCode("Resources/migration_v4.sql"),
                .embedInCode("Resources/migration_v5.sql"), .embedInCode("Resources/migration_v6.sql"),
                .embedInCode("Resources/queries.sql"), .embedInCode("Resources/answered.sql"),
            ],
            swiftSettings: settings),
        .target(
            name: "MockProvider",
            dependencies: ["SystemCalls", tls, .product(name: "NIOTLS", package: "swift-nio")] + nio + http2,
            swiftSettings: settings),
        .target(
            name: "BatchWatch", dependencies: ["LLMStreaming"] + nio,
            resources: [
                .embedInCode("Resources/page.html"), .embedInCode("Resources/page.css"),
                .embedInCode("Resources/page.js"), .embedInCode("Resources/report.html"),
            ],
            swiftSettings: settings),
        .target(name: "LoadTesting", dependencies: ["LLMStreaming"], swiftSettings: settings),
        .target(
            name: "LLM4SBatch",
            dependencies: [
                "AnswerChecks", "BatchEngine", "BatchRows", "BatchStore", "LLM4S", "LLMStreaming", "SystemCalls",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "llm4s-batch",
            dependencies: [
                "BatchEngine", "BatchStore", "BatchWatch", "CBuildCommit", "LLM4S", "LLM4SBatch", "LLMStreaming",
                "LoadTesting", "MockProvider", "SystemCalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [
                .embedInCode("Resources/config_schema.json"), .embedInCode("Resources/plan_slurm.sh"),
                .embedInCode("Resources/plan_kubernetes.yaml"), .embedInCode("Resources/plan_spark.py"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "BatchEngine", "BatchStore", "CBenchmarkCounters", "CLoadSource", "LLM4S", "LLM4SBatch",
                "LLMStreaming", "LoadTesting", "ServerSentEvents", "SystemCalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["comparison"], swiftSettings: settings),
        .target(name: "SharedMaterial", path: "Tests/SharedMaterial", swiftSettings: settings),
        .testTarget(
            name: "ServerSentEventsTests", dependencies: ["ServerSentEvents", "SharedMaterial"],
            swiftSettings: settings),
        .testTarget(
            name: "LLMStreamingTests", dependencies: ["LLMStreaming", "ServerSentEvents", "SharedMaterial"],
            swiftSettings: settings),
        .testTarget(
            name: "JSONSchemaTests", dependencies: ["JSONSchema", "LLMStreaming", "SharedMaterial"],
            swiftSettings: settings),
        .testTarget(
            name: "AnswerChecksTests",
            dependencies: ["AnswerChecks", "JSONSchema", "LLMStreaming", "SharedMaterial"], swiftSettings: settings),
        .testTarget(
            name: "LLM4STests",
            dependencies: [
                "LLM4S", "LLMStreaming", "ServerSentEvents", "MockProvider", "SharedMaterial", tls,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio + http2,
            swiftSettings: settings),
        .testTarget(
            name: "BatchRowsTests", dependencies: ["BatchRows", "LLMStreaming", "SharedMaterial"],
            swiftSettings: settings),
        .testTarget(
            name: "BatchEngineTests",
            dependencies: ["AnswerChecks", "BatchEngine", "BatchRows", "LLMStreaming", "CSHA256"],
            exclude: ["Money/litellm_costs.py"],
            swiftSettings: settings),
        .testTarget(
            name: "BatchStoreTests",
            dependencies: ["BatchStore", "BatchEngine", "LLMStreaming", "CSQLite", "SharedMaterial", "SystemCalls"],
            swiftSettings: settings),
        .testTarget(
            name: "LoadTestingTests", dependencies: ["LoadTesting", "LLMStreaming", "SharedMaterial"],
            swiftSettings: settings),
        .testTarget(
            name: "MockProviderTests", dependencies: ["MockProvider", "SharedMaterial", tls] + nio + http2,
            swiftSettings: settings),
        // Its functions are also a fuzzer's: .ci/fuzz.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "llm4s-batch", "BatchEngine", "BatchStore", "LLM4S", "LLM4SBatch", "LLMStreaming", "SharedMaterial",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio + http2,
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "llm4s-batch", "BatchEngine", "BatchStore", "BatchWatch", "CSQLite", "LLM4S", "LLM4SBatch",
                "LLMStreaming", "MockProvider", "SharedMaterial", "SystemCalls", tls,
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            exclude: ["Page/page_walk.py", "Page/devtools.py"],
            swiftSettings: settings),
    ] + examples
)
