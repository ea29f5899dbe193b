import BallastBytes
import BallastFormats

/// Finds the pickles of a file and has each of them walked.
///
/// What is still to be read waits in a list, so nothing here recurses on the depth of a file.
struct PickleScanner {
  /// Archives in archives, and pickles in pickles, are followed this far.
  static let maximumDepth = 16
  /// A file may be read this many times over, by pickles that overlap and are nested in others.
  static let maximumPasses = 2 * maximumDepth
  /// For so many bytes there may be one more: tensors contain what looks like short pickles.
  static let bytesPerOpcode = 64
  /// Reading the header of an array takes as long as so many opcodes.
  static let opcodesPerArray = 16
  /// Decoding a byte of text counts as decompressing so many.
  static let decodingCost = 16
  /// Trying whether bytes are a zlib stream takes as long as so many opcodes.
  static let opcodesPerTrial = 64
  /// Finding a member of a damaged archive takes as long as so many opcodes.
  static let opcodesPerSalvagedMember = 64

  /// A stream of bytes that may hold pickles.
  struct Stream {
    var region: ByteRegion
    /// Where it stands in the file, for people; nil for the file itself.
    var place: String?
    var depth: Int
    /// A text or bytes of a pickle.
    var isNested = false
    /// Whether it is read as a pickle, whatever it starts with.
    var isPickle = false
    /// Whether it is what torch's loader of nested bytes is called with, or in that.
    var isLoaded = false
    /// Whether it is a header of a tar archive, and all that follows.
    var isTarHeader = false
    /// Where the gap of an archive ends in which it starts, if it does; other starts are not looked for behind it.
    var gapEnd: Int?
    /// Whether it is the file, or what that is compressed from.
    var isWhole = false
    /// Whether it is a member of an archive that has a model in it.
    var isModelMember = false
    /// Whether that is a tar archive, in which torch kept elements between pickles.
    var isTarMember = false
  }

  enum Work {
    case stream(Stream)
    case members(ScannedArchive, next: Int)
  }

  let limits: ScanLimits
  var result = PickleScan()
  let judgements = PickleJudgements()
  var work: [Work]
  /// What decompressing may still produce.
  var inflationLeft: Int
  /// The bytes that may still be read.
  var effort: Int
  /// The opcodes that may still be read.
  var opcodesLeft: Int

  /// The opcodes that may still be read a second time, with the memo of the pickles before.
  var sharedOpcodesLeft: Int

  /// The zip archives that were found behind pickles.
  var archivesBehind = 0
  /// Where readers of an archive may count from, besides its start.
  var bases: Set<Int> = []

  /// Whether somebody has had enough.
  let shouldStop: () -> Bool

  init(_ source: SharedBytes, limits: ScanLimits, shouldStop: @escaping () -> Bool) {
    self.limits = limits
    self.shouldStop = shouldStop
    inflationLeft = limits.inflatedBytes
    effort = Self.effort(for: source.count)
    opcodesLeft = limits.opcodes + source.count / Self.bytesPerOpcode
    sharedOpcodesLeft = opcodesLeft
    work = [.stream(Stream(region: ByteRegion(source), place: nil, depth: 0, isWhole: true))]
  }

  /// What reading so many bytes may cost, in bytes read.
  static func effort(for count: Int) -> Int {
    (count &+ 1 << 16).multipliedReportingOverflow(by: maximumPasses).partialValue
  }

  mutating func run() {
    while isAble, let next = work.popLast() {
      switch next {
      case .stream(let stream): scan(stream)
      case .members(let archive, let index): scanMember(index, of: archive)
      }
    }
    if effort <= 0 {
      let message = "what looks like pickles overlaps too often to be followed"
      result.add(PickleScan.Finding(rule: "pickle.overlap", message, file: nil))
    } else if opcodesLeft <= 0 {
      let message =
        "has more than \(limits.opcodes) opcodes (scan.opcodes): the rest was not looked at"
      result.add(PickleScan.Finding(rule: "pickle.limit", message, file: nil))
    }
  }

  /// Whether there is something left of what a file may cost.
  var isAble: Bool { effort > 0 && opcodesLeft > 0 && !shouldStop() }

  private mutating func scan(_ stream: Stream) {
    guard stream.depth <= Self.maximumDepth else {
      let message = "archives and pickles are nested more than \(Self.maximumDepth) deep"
      return result.add(PickleScan.Finding(rule: "pickle.nesting", message, file: stream.place))
    }
    let start = Span<UInt8>(_bytes: stream.region.bytes)
    let mayBeZlib = PickleSniffing.mayBeZlib(start)
    if mayBeZlib { opcodesLeft -= Self.opcodesPerTrial }
    let kind = PickleSniffing.kind(of: stream.region.bytes)
    var contents: ByteRegion?
    switch kind {
    case .gzip: contents = scanCompressed(stream, as: .gzip)
    case .zlib:
      contents = scanCompressed(stream, as: .zlib)
      // With a small window it starts with a letter of an opcode.
      if PickleOpcode(rawValue: start[0]) != nil { scanSequence(stream) }
    case .unopened(let name):
      if !stream.isNested {
        result.add(FormatError(ScanFault.unopened(name)).inFile(stream.place))
      }
    case .zip, .other: addLZMA(stream)
    case .numpy, .pickle, .perhapsPickle:
      scanSequence(stream)
      addLZMA(stream)
    }
    switch kind {
    // What is compressed may start with anything, if an archive ends it.
    case .other, .perhapsPickle: if mayBeZlib, stream.isWhole { scanCompressed(stream, as: .zlib) }
    default: break
    }
    if let finding = NativeCode.finding(in: stream) { result.add(finding) }
    scanFlatbuffer(stream)
    // Whatever a file starts with, a zip archive may end it, and a tar archive start with any name.
    let isZip = PickleSniffing.startsZip(stream.region.bytes)
    if isZip || stream.isWhole { scanZip(stream, isCertain: isZip, compressedFrom: contents) }
    if !stream.isTarHeader { scanTar(stream) }
  }

  /// Says of a file or a member that it is packed in a way that has no magic number.
  mutating func addLZMA(_ stream: Stream) {
    guard !stream.isNested, isLZMA(stream.region) else { return }
    result.add(FormatError(ScanFault.unopened("lzma")).inFile(stream.place))
  }

  /// Whether bytes are an .lzma file.
  mutating func isLZMA(_ region: ByteRegion) -> Bool {
    let look = LZMASniffing.look(at: region)
    opcodesLeft -= look.opcodes
    return look.isLZMA
  }

  /// A walk that knows where its pickle stands.
  func newWalk(_ range: Range<Int>, of source: SharedBytes, in stream: Stream?) -> PickleWalk {
    var walk = PickleWalk(source, range: range, judgements: judgements)
    walk.isLoaded = stream?.isLoaded ?? false
    walk.isNested = stream?.isNested ?? false
    walk.isInTar = stream?.isTarMember ?? false
    return walk
  }

  mutating func walk(
    _ range: Range<Int>,
    of source: SharedBytes,
    whileClean: Bool,
    stream: Stream? = nil
  ) -> PickleWalk {
    var walk = newWalk(range, of: source, in: stream)
    walk.run(whileClean: whileClean, maximumOpcodes: opcodesLeft, shouldStop: shouldStop)
    effort -= walk.position - range.lowerBound + 1
    opcodesLeft -= walk.opcodeCount
    walk.forgetValues()
    return walk
  }
}

extension PickleScanner.Stream {
  /// Where the bytes of the stream end in their source.
  var end: Int { region.range.upperBound }

  /// Where the bytes end in which starts of pickles are searched for.
  var searchEnd: Int { min(end, gapEnd ?? end) }

  /// The place of a part of this stream, for people.
  func inner(_ part: String) -> String { (place.map { $0 + ", " } ?? "") + part }
}

extension PickleWalk {
  /// Whether bytes that need not be a pickle are one: Python would come to a call, or to the end.
  var isPickle: Bool {
    hasCalls || crossesFrame || reachesUnknown || isClean && end == .stop || importsDanger
  }

  /// Whether there is an import that may do harm without a call.
  ///
  /// Words in lines can look like one, but then the next line is nonsense.
  private var importsDanger: Bool {
    ownNames.contains { name in
      switch name.verdict {
      case .dangerous(.standardLibrary): name.isPlausible && (isClean || name.actsOnImport)
      case .dangerous: name.isPlausible
      case .data, .loadsBytes, .unknown: false
      }
    }
  }
}
