// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6, explicit imports, warnings are errors.
let common: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The file storey: it meets hostile bytes, so unsafe code is spelled out.
let strict: [SwiftSetting] =
  common + [.strictMemorySafety(), .enableExperimentalFeature("Lifetimes")]

let kernelFlags: [CSetting] = [
  .unsafeFlags(["-O3", "-fno-math-errno", "-Wno-pass-failed", "-Wall", "-Wextra", "-Werror"])
]

let package = Package(
  name: "Ballast",
  products: [
    .library(
      name: "Ballast",
      targets: [
        "BallastCheckpoint", "BallastFormats", "BallastInspection", "BallastTokenizer",
        "BallastGPT2", "BallastModelIO", "BallastTraining",
      ]
    ),
    .executable(name: "ballast", targets: ["ballast"]),
  ],
  traits: [
    .trait(name: "OneDNN", description: "Training in bfloat16, by oneDNN 2 (Debian's libdnnl-dev).")
  ],
  targets: [
    // Foundation
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "COneDNN",
      cSettings: kernelFlags + [.define("BALLAST_ONEDNN", .when(traits: ["OneDNN"]))]
    ),
    .target(name: "CBallastKernels", cSettings: kernelFlags),
    .target(name: "BallastBytes", dependencies: ["CZlib"], swiftSettings: strict),
    .target(name: "BallastJSON", dependencies: ["BallastBytes"], swiftSettings: strict),
    .target(
      name: "BallastParallel",
      dependencies: ["CBallastKernels"],
      swiftSettings: common
    ),
    .target(
      name: "BallastKernels",
      dependencies: ["BallastParallel", "CBallastKernels", "COneDNN"],
      swiftSettings: common
    ),
    // Files
    .target(
      name: "BallastCheckpoint",
      dependencies: ["BallastBytes", "BallastJSON", "CBallastKernels"],
      swiftSettings: strict
    ),
    .target(
      name: "BallastFormats",
      dependencies: ["BallastCheckpoint", "BallastBytes", "BallastJSON"],
      swiftSettings: strict
    ),
    .target(
      name: "BallastInspection",
      dependencies: [
        "BallastFormats", "BallastCheckpoint", "BallastBytes", "BallastJSON", "BallastParallel",
        "CBallastKernels",
      ],
      swiftSettings: strict
    ),
    // Model
    .target(
      name: "BallastTokenizer",
      dependencies: ["BallastJSON", "BallastBytes", "BallastParallel", "CBallastKernels"],
      swiftSettings: common
    ),
    .target(
      name: "BallastGPT2",
      dependencies: [
        "BallastKernels", "BallastParallel", "BallastCheckpoint", "BallastJSON", "BallastBytes",
      ],
      swiftSettings: common
    ),
    .target(
      name: "BallastModelIO",
      dependencies: [
        "BallastGPT2", "BallastTokenizer", "BallastInspection", "BallastFormats",
        "BallastCheckpoint", "BallastJSON", "BallastBytes",
      ],
      swiftSettings: common
    ),
    .target(
      name: "BallastTraining",
      dependencies: [
        "BallastModelIO", "BallastGPT2", "BallastTokenizer", "BallastKernels", "BallastParallel",
        "BallastCheckpoint", "BallastJSON", "BallastBytes",
      ],
      swiftSettings: common
    ),
    // People
    .target(name: "BallastReport", dependencies: ["BallastJSON"], swiftSettings: common),
    .target(name: "BallastCommandLine", swiftSettings: common),
    .target(
      name: "BallastCLI",
      dependencies: [
        "BallastCommandLine", "BallastReport", "BallastTraining", "BallastModelIO", "BallastGPT2",
        "BallastTokenizer", "BallastInspection", "BallastFormats", "BallastCheckpoint",
        "BallastKernels", "BallastParallel", "BallastJSON", "BallastBytes",
      ],
      swiftSettings: common
    ),
    .executableTarget(name: "ballast", dependencies: ["BallastCLI"], swiftSettings: common),
    // Tests
    .target(
      name: "BallastTestSupport",
      dependencies: ["BallastCheckpoint", "BallastBytes"],
      path: "Tests/Support",
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastBytesTests",
      dependencies: ["BallastBytes", "BallastTestSupport"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "BallastJSONTests",
      dependencies: ["BallastJSON", "BallastBytes"],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastKernelsTests",
      dependencies: ["BallastKernels", "BallastParallel", "CBallastKernels", "BallastTestSupport"],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastCheckpointTests",
      dependencies: ["BallastCheckpoint", "BallastBytes", "BallastTestSupport"],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastFormatsTests",
      dependencies: [
        "BallastFormats", "BallastCheckpoint", "BallastBytes", "BallastJSON", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastInspectionTests",
      dependencies: [
        "BallastInspection", "BallastParallel", "BallastFormats", "BallastCheckpoint",
        "BallastJSON", "BallastBytes",
        "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastTokenizerTests",
      dependencies: [
        "BallastTokenizer", "BallastParallel", "BallastJSON", "BallastBytes", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastGPT2Tests",
      dependencies: [
        "BallastGPT2", "BallastModelIO", "BallastKernels", "BallastCheckpoint", "BallastFormats",
        "BallastJSON", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastModelIOTests",
      dependencies: [
        "BallastModelIO", "BallastGPT2", "BallastKernels", "BallastTokenizer", "BallastInspection",
        "BallastFormats", "BallastCheckpoint", "BallastBytes", "BallastJSON", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastTrainingTests",
      dependencies: [
        "BallastTraining", "BallastModelIO", "BallastGPT2", "BallastTokenizer", "BallastKernels",
        "BallastFormats", "BallastCheckpoint", "BallastJSON", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastReportTests",
      dependencies: ["BallastReport", "BallastJSON"],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastCommandLineTests",
      dependencies: ["BallastCommandLine"],
      swiftSettings: common
    ),
    .testTarget(
      name: "BallastCLITests",
      dependencies: [
        "ballast", "BallastCLI", "BallastCommandLine", "BallastReport", "BallastInspection",
        "BallastFormats", "BallastCheckpoint", "BallastJSON", "BallastBytes", "BallastTestSupport",
      ],
      swiftSettings: common
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)
