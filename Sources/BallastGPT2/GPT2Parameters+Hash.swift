import BallastBytes

extension GPT2Parameters {
  /// What tells these weights from others: an XXH64 of all of them as they are stored, in the order of the weight map.
  package var contentHash: String {
    var hash = XXHash64()
    for parameter in all { parameter.hash(into: &hash) }
    return "XXH64 " + String(hash.value, radix: 16)
  }
}
