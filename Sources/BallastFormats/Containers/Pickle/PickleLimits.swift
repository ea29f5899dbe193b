/// What a pickle may ask of the machine; a file that wants more is refused.
///
/// The largest checkpoints there are name some 100 000 tensors, at 40 opcodes, 5 values, 17 elements
/// and 10 memo entries each. The standard limits leave room for twice that, and keep what a hostile
/// file can take to about a second and 200 MiB.
package struct PickleLimits: Sendable {
  /// The opcodes that are run.
  package var opcodes = 1 << 25
  /// The containers, texts, globals, calls and persistent ids in the graph, up to 90 bytes each.
  package var values = 1 << 20
  /// The places in containers, 16 bytes each: also where a trainer keeps its history of losses.
  package var elements = 1 << 22
  /// The entries of the memo, 17 bytes each.
  package var memos = 1 << 21
  /// The entries of the memo whose numbers are not counted up, as every pickler does.
  package var scatteredMemos = 1 << 18
  /// The values on the stack at once, 16 bytes each; also the depth of nesting.
  ///
  /// CPython cannot write more than about a thousand levels, but a tuple stands on the stack whole.
  package var stackDepth = 1 << 21
  /// The bytes of a text, or of a line of protocol 0; longer ones exist in no checkpoint.
  package var textBytes = 1 << 24
  /// The bytes of a module's or a class's name.
  package var nameBytes = 1 << 10

  package static let standard = PickleLimits()

  package init() {}
}
