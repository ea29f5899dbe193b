// swift-tools-version: 6.2
import PackageDescription

// The readers' own entrances have `package` access, which goes by a package's name, and SwiftPM names
// a package that is used by its path after the folder.
let folders = Context.packageDirectory.split(separator: "/")
let root = folders[folders.count - 3].lowercased()

let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "Ballast", path: "../..")],
  targets: [
    // libFuzzer brings `main`. Everything is instrumented by tools/fuzz with --sanitize=fuzzer.
    .executableTarget(
      name: "Fuzz",
      dependencies: [.product(name: "Ballast", package: "Ballast")],
      packageAccess: false,
      swiftSettings: [.unsafeFlags(["-parse-as-library", "-package-name", root])]
    )
  ],
  swiftLanguageModes: [.v6]
)
