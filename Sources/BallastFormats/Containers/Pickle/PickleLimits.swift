/// What a pickle may ask of the machine; a file that wants more is refused.
///
/// The largest checkpoints there are name some 100 000 tensors, at 40 opcodes and 8 values each.
/// The standard limits leave room for four times that, and keep what a hostile file can claim to a
/// small multiple of its own size.
package struct PickleLimits: Sendable {
  /// The opcodes that are run; at some 50 million a second this bounds the time to a second or two.
  package var opcodes = 1 << 26
  /// The containers, texts, globals and calls in the graph, at most about 80 bytes each.
  package var values = 1 << 22
  /// The entries of the memo, 16 bytes each.
  package var memos = 1 << 22
  /// The values on the stack at once, 16 bytes each; also the depth of nesting.
  ///
  /// CPython cannot write more than about a thousand levels, but a tuple stands on the stack as a whole.
  package var stackDepth = 1 << 21
  /// The length of a line of protocol 0; longer text exists in no checkpoint.
  package var lineBytes = 1 << 24

  package static let standard = PickleLimits()

  package init() {}
}
