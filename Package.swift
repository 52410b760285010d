// swift-tools-version:6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // a helper runs where its caller is
]

// Plain loops become vector code even in a debug build.
let optimised: [CSetting] = [.unsafeFlags(["-O3"])]

func system(_ name: String, _ pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func room(_ name: String, imports: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: imports, path: "Shared/\(name)",
        swiftSettings: strict + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : []))
}

func service(_ name: String, imports: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: imports, path: "Services/\(name)", swiftSettings: strict)
}

/// Tests read their fixtures from the source tree.
func tests(_ subject: String, imports: [Target.Dependency] = [], fixtures: Bool = false) -> Target {
    .testTarget(
        name: "\(subject)Tests", dependencies: [.target(name: subject)] + imports,
        path: "Tests/\(subject)Tests", exclude: fixtures ? ["Fixtures"] : [], swiftSettings: strict)
}

/// Fuzzers are instrumented, and therefore only in the manifest when asked for: see Tests/Fuzz.
let isFuzzing = Context.environment["FUZZ"] != nil
let fuzzers: [(name: String, room: String)] = [
    ("Safetensors", "Checkpoint"), ("GGUF", "Checkpoint"), ("Manifest", "Checkpoint"),
    ("Artifact", "Checkpoint"), ("Frames", "Mesh"), ("Requests", "HTTP"),
]

func fuzzer(_ name: String, of room: String) -> Target {
    .executableTarget(
        name: "Fuzz\(name)",
        dependencies: ["FuzzDriver", .target(name: room), "Transport", "Wire", "CChecksum"],
        path: "Tests/Fuzz/Fuzz\(name)", swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]

let c: [Target] = [
    system("CEvent", "libevent_core", apt: "libevent-dev"),
    system("CPostgres", "libpq", apt: "libpq-dev"),
    system("COpenBLAS", "openblas", apt: "libopenblas-dev"),
    .systemLibrary(name: "CCrypto", path: "Shared/CCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CUtf8proc", path: "Shared/CUtf8proc", providers: [.apt(["libutf8proc-dev"])]),
    .target(name: "CChecksum", path: "Shared/CChecksum", cSettings: optimised),
    .target(name: "CKernels", path: "Shared/CKernels", cSettings: optimised),
    .target(
        name: "CProtobuf", path: "Shared/CProtobuf",
        linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
        name: "CSQLite", path: "Shared/CSQLite", cSettings: optimised,
        linkerSettings: [.linkedLibrary("sqlite3")]),
]

let rooms: [Target] = [
    room("Transport", imports: ["CEvent", "CChecksum"]),
    room("Wire", imports: ["CProtobuf"]),
    room("Hashing", imports: ["CCrypto"]),
    room("JSON", imports: []),
    room("LinearAlgebra", imports: ["CKernels"]),
    room("Checkpoint", imports: ["Hashing", "JSON"]),
    room("Tokenization", imports: ["CUtf8proc", "JSON"]),
    room("Storage", imports: ["CSQLite", "CPostgres"]),
    room("Mesh", imports: ["Transport", "Wire", metrics]),
    room("Model", imports: ["LinearAlgebra", "Checkpoint", "Tokenization", "JSON"]),
    room("Knowledge", imports: ["Storage", "LinearAlgebra", "Hashing"]),
    room("HTTP", imports: ["JSON"] + nio + [logging, metrics]),
    room(
        "ServiceKit",
        imports: [
            "HTTP", "JSON", "Transport", logging, metrics, coreMetrics, signals, systemPackage,
        ] + nio),
]

let process: [Target.Dependency] = ["ServiceKit", "Mesh", "Wire", "Transport", logging, metrics]
let services: [Target] = [
    service(
        "Router",
        imports: process + [
            "HTTP", "JSON", "Model", "Checkpoint", "LinearAlgebra", "Tokenization", "Storage",
        ]),
    service("ExpertWorker", imports: process + ["Model", "Checkpoint", "LinearAlgebra"]),
    service(
        "KnowledgeStore",
        imports: process + ["Knowledge", "Model", "Checkpoint", "Storage", "LinearAlgebra"]),
    service(
        "MeshCtl",
        imports: nio + [
            "HTTP", "JSON", "Model", "Checkpoint", argumentParser, signals, subprocess,
            systemPackage,
        ]),
]

let measures: [Target] = [
    .target(
        name: "CEcho", dependencies: ["CChecksum"], path: "Tests/Benchmarks/CEcho",
        cSettings: optimised,
        linkerSettings: [.linkedLibrary("event_core")]),
    .executableTarget(
        name: "Benchmarks",
        dependencies: [
            "CEcho", "Mesh", "Transport", "Wire", "Knowledge", "Model", "Checkpoint",
            "LinearAlgebra", "Support", "Tokenization",
            argumentParser, subprocess, systemPackage,
        ],
        path: "Tests/Benchmarks", exclude: ["CEcho", "Reference"], swiftSettings: strict),
]

let fuzz: [Target] =
    !isFuzzing
    ? []
    : [
        .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .target(
            name: "FuzzDriver", dependencies: ["CFuzzer"], path: "Tests/Fuzz/FuzzDriver",
            swiftSettings: strict),
    ] + fuzzers.map { fuzzer($0.name, of: $0.room) }

let package = Package(
    name: "expertmesh",
    products: [
        .executable(name: "router", targets: ["Router"]),
        .executable(name: "expert-worker", targets: ["ExpertWorker"]),
        .executable(name: "knowledge-store", targets: ["KnowledgeStore"]),
        .executable(name: "meshctl", targets: ["MeshCtl"]),
        .executable(name: "benchmarks", targets: ["Benchmarks"]),
    ]
        + (isFuzzing
            ? fuzzers.map {
                .executable(name: "fuzz-\($0.name.lowercased())", targets: ["Fuzz\($0.name)"])
            } : []),
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: c + rooms + services + measures + fuzz + [
        .target(
            name: "Support", dependencies: ["Storage"], path: "Tests/Support",
            exclude: ["postgres.sh"], swiftSettings: strict),
        tests("Transport", imports: ["CChecksum"]),
        tests("Wire", imports: ["CProtobuf"], fixtures: true),
        tests("Mesh", imports: ["Transport", "Wire"]), tests("Hashing"), tests("JSON"),
        tests("LinearAlgebra", imports: ["CKernels", "COpenBLAS", "Support"]),
        tests("Checkpoint", imports: ["JSON"], fixtures: true),
        tests("Tokenization", imports: ["JSON"], fixtures: true),
        tests(
            "Model", imports: ["LinearAlgebra", "Checkpoint", "Tokenization", "JSON"],
            fixtures: true),
        tests("Storage", imports: ["CSQLite", "Support"]),
        tests("Knowledge", imports: ["Storage", "LinearAlgebra"], fixtures: true),
        tests("HTTP", imports: ["JSON"] + nio + [logging]),
        tests("ServiceKit", imports: ["HTTP", "JSON", logging, coreMetrics, systemPackage] + nio),
        tests(
            "Router",
            imports: [
                "HTTP", "JSON", "Model", "Checkpoint", "LinearAlgebra", "ServiceKit", "Storage",
                "Mesh", "Wire", "Transport", "Support",
            ]),
        tests(
            "ExpertWorker",
            imports: ["Checkpoint", "Mesh", "Wire", "Transport", "Support", logging]),
        tests(
            "KnowledgeStore",
            imports: ["Knowledge", "Storage", "LinearAlgebra", "Mesh", "Wire", "Transport"]),
        tests("MeshCtl", imports: nio + ["HTTP", "JSON", "Checkpoint", argumentParser, logging]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Router", "ExpertWorker", "HTTP", "JSON", "Mesh", "Wire", "Transport", "Model",
                "Checkpoint", "LinearAlgebra", "Storage", "Tokenization", logging,
            ],
            path: "Tests/EndToEndTests", swiftSettings: strict),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Router", "ExpertWorker", "Model", "Checkpoint", "Support"],
            path: "Tests/SimulationTests", swiftSettings: strict),
        .testTarget(name: "TidyTests", path: "Tests/TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
