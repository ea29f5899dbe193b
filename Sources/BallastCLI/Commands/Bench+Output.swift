import BallastGPT2
import BallastJSON
import BallastKernels
import BallastReport
import BallastTraining

/// How the timings of a model are told.
extension Bench {
  func document(_ results: [Benchmark.Result], _ limits: MachineLimits) -> Document {
    var works = Table(columns: [
      .text("work"), .text("weights"), .number("tokens_per_second", title: "tokens/s"),
      .text("spread"), .number("seconds", title: "time"),
    ])
    for result in results {
      let tokens = Double(result.work.tokens)
      works.append([
        .text(result.work.name), .text(weights(of: result)), .number(tokens / result.median),
        .text(spread(result.seconds.map { tokens / $0 })),
        .text(Readable.duration(.seconds(result.median))),
      ])
    }
    var document: Document = [.table(works)]
    for result in results {
      document.append(.heading(result.work.name))
      document.append(.table(table(of: result.profile)))
    }
    document.append(
      .paragraph(
        "limits measured: \(figure(limits.operationsPerSecond / 1e9)) GFLOP/s of matrix products, "
          + "\(figure(limits.bytesPerSecond / 1e9)) GB/s of reading"
      )
    )
    return document
  }

  private func table(of profile: Profile) -> Table {
    var table = Table(columns: [
      .text("operation"), .number("calls"), .number("seconds", title: "time"), .number("share"),
      .number("gflops", title: "GFLOP/s"), .number("gbs", title: "GB/s"),
    ])
    var rest = profile.seconds
    for (operation, cost) in sorted(profile) {
      rest -= cost.seconds
      table.append([
        .text(operation.rawValue), .integer(cost.calls),
        .text(Readable.duration(.seconds(cost.seconds))),
        .fraction(cost.seconds / profile.seconds),
        cost.operations > 0 ? .text(figure(cost.operations / cost.seconds / 1e9)) : .empty,
        .text(figure(cost.bytes / cost.seconds / 1e9)),
      ])
    }
    table.append([
      .text("between them"), .empty, .text(Readable.duration(.seconds(max(0, rest)))),
      .fraction(max(0, rest) / profile.seconds), .empty, .empty,
    ])
    return table
  }

  private func sorted(_ profile: Profile) -> [(Profile.Operation, Profile.Cost)] {
    profile.costs.sorted {
      ($0.value.seconds, $1.key.rawValue) > ($1.value.seconds, $0.key.rawValue)
    }
    .map { ($0.key, $0.value) }
  }

  /// How the weights were stored, such as "q8_0", or "f16, q8_0" where rows are no whole blocks.
  private func weights(of result: Benchmark.Result) -> String {
    result.weights.map(\.rawValue).joined(separator: ", ")
  }

  private func spread(_ values: [Double]) -> String {
    "\(figure(values.min() ?? 0)) to \(figure(values.max() ?? 0))"
  }

  private func figure(_ value: Double) -> String { Readable.number(value, digits: 3) }

  func json(_ results: [Benchmark.Result], _ limits: MachineLimits) -> JSONValue {
    [
      "limits": [
        "operations_per_second": .number(limits.operationsPerSecond),
        "bytes_per_second": .number(limits.bytesPerSecond),
      ],
      "instruction_set": .string(Machine.instructionSet),
      "dropout": .number(dropout), "dtype": .string(dtype.rawValue),
      "work": .array(
        results.map { result in
          [
            "name": .string(result.work.name), "weights": .string(weights(of: result)),
            "tokens": .integer(result.work.tokens),
            "seconds": .array(result.seconds.map { .number($0) }),
            "tokens_per_second": .number(Double(result.work.tokens) / result.median),
            "profile": .array(
              sorted(result.profile).map { operation, cost in
                [
                  "operation": .string(operation.rawValue), "calls": .integer(cost.calls),
                  "seconds": .number(cost.seconds), "operations": .number(cost.operations),
                  "bytes": .number(cost.bytes),
                  "share": .number(cost.seconds / result.profile.seconds),
                ]
              }
            ),
          ]
        }
      ),
    ]
  }
}
