import BallastBytes
import BallastCheckpoint
import BallastJSON

extension Checkpoint {
  /// The first name of a tensor's elements.
  func root(of tensor: TensorView) -> ExactString {
    ExactString((tie(of: tensor) ?? tensor).name)
  }
}

extension CheckpointDifference {
  /// The ties of names that both have: first those that only A makes, then those that only B does.
  static func ties(_ a: Checkpoint, _ b: Checkpoint) -> [Tie] {
    func ties(of one: Checkpoint, beside other: Checkpoint, isInB: Bool) -> [Tie] {
      one.tensors.compactMap { tensor in
        guard let first = one.tie(of: tensor), let there = other[tensor.name],
          let firstThere = other[first.name], other.root(of: there) != other.root(of: firstThere)
        else { return nil }
        return Tie(names: [first.name, tensor.name], isInB: isInB)
      }
    }
    return ties(of: a, beside: b, isInB: false) + ties(of: b, beside: a, isInB: true)
  }

  /// The keys whose values are not the same, in the order of A and then of B.
  static func metadata(_ a: JSONObject, _ b: JSONObject) -> [Metadata] {
    a.members.compactMap { key, value in
      let other = b[key]
      return other == value ? nil : Metadata(key: key, a: value, b: other)
    }
      + b.members.compactMap { key, value in
        a[key] == nil ? Metadata(key: key, a: nil, b: value) : nil
      }
  }
}
