import BallastCheckpoint
import BallastInspection
import BallastJSON

extension CheckpointDifference {
  /// The difference as docs/cli.md describes it; tensors that are the same are listed on request.
  func json(a: String, b: String, listsAll: Bool) -> JSONValue {
    let shown = tensors.filter { listsAll || $0.status.isDifference }
    return [
      "a": .string(a), "b": .string(b), "summary": .object(summary),
      "tensors": .array(shown.map(\.json)),
      "ties": .array(
        ties.map {
          [
            "status": .string($0.isInB ? "tied" : "untied"),
            "names": .array($0.names.map { .string($0) }),
          ]
        }
      ),
      "metadata": .array(metadata.map(\.json)),
      "layers": .array(
        layers.map {
          [
            "layer": $0.layer.map { .integer($0) } ?? .null,
            "relative_l2": .number($0.relativeL2),
          ]
        }
      ),
    ]
  }

  private var summary: JSONObject {
    var summary: JSONObject = ["tensors": .integer(tensors.count)]
    for status in TensorDifference.Status.allCases.reversed() {
      summary[status.rawValue] = .integer(count(status))
    }
    summary["tied"] = .integer(ties.count(where: \.isInB))
    summary["untied"] = .integer(ties.count { !$0.isInB })
    summary["metadata"] = .integer(metadata.count)
    summary["different"] = .bool(isDifferent)
    return summary
  }
}

extension CheckpointDifference.Metadata {
  fileprivate var json: JSONValue {
    [
      "status": a == nil ? "added" : b == nil ? "removed" : "changed", "key": .string(key),
      "a": a ?? .null, "b": b ?? .null,
    ]
  }
}

extension TensorDifference {
  fileprivate var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    func integer(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    func shape(_ view: TensorView?) -> JSONValue {
      view.map { .array($0.shape.dimensions.map { .integer($0) }) } ?? .null
    }
    return [
      "status": .string(status.rawValue),
      "name": a.map { .string($0.name) } ?? .null, "name_b": b.map { .string($0.name) } ?? .null,
      "dtype": a.map { .string($0.dtype.rawValue) } ?? .null,
      "dtype_b": b.map { .string($0.dtype.rawValue) } ?? .null,
      "shape": shape(a), "shape_b": shape(b),
      "recast": recast.map { .string($0.rawValue) } ?? .null,
      "transposed": .bool(isTransposed), "max_abs": number(figures?.maximumAbsolute),
      "max_rel": number(figures?.maximumRelative), "cosine": number(figures?.cosine),
      "relative_l2": number(figures?.relativeL2), "changed": integer(figures?.changed),
      "count": integer(figures?.count), "beyond_tolerance": integer(figures?.beyondTolerance),
      "nan_mismatches": integer(figures?.notNumberMismatches),
      "inf_mismatches": integer(figures?.infinityMismatches),
    ]
  }
}
