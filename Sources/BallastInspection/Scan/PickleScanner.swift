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
  private static let decodingCost = 8
  /// Pages of a file that has been searched are given back in pieces.
  private static let searchedPiece = 16 << 20

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
  }

  enum Work {
    case stream(Stream)
    case members(ScannedArchive, next: Int)
  }

  let limits: ScanLimits
  var result = PickleScan()
  var work: [Work]
  /// What decompressing may still produce.
  var inflationLeft: Int
  /// The bytes that may still be read.
  var effort: Int
  /// The opcodes that may still be read.
  var opcodesLeft: Int

  init(_ source: SharedBytes, limits: ScanLimits) {
    self.limits = limits
    inflationLeft = limits.inflatedBytes
    effort = Self.effort(for: source.count)
    opcodesLeft = limits.opcodes + source.count / Self.bytesPerOpcode
    work = [.stream(Stream(region: ByteRegion(source), place: nil, depth: 0))]
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
  private var isAble: Bool { effort > 0 && opcodesLeft > 0 }

  private mutating func scan(_ stream: Stream) {
    guard stream.depth <= Self.maximumDepth else {
      let message = "archives and pickles are nested more than \(Self.maximumDepth) deep"
      return result.add(PickleScan.Finding(rule: "pickle.nesting", message, file: stream.place))
    }
    let kind = PickleSniffing.kind(of: stream.region.bytes)
    switch kind {
    case .numpy: scanNumPy(stream)
    case .gzip: scanCompressed(stream, as: .gzip)
    case .zlib: scanCompressed(stream, as: .zlib)
    case .unopened(let name):
      if !stream.isNested {
        result.add(FormatError(ScanFault.unopened(name)).inFile(stream.place))
      }
    case .zip, .other: break
    case .pickle, .perhapsPickle:
      let isCertain = if case .pickle = kind { true } else { stream.isPickle }
      scanPickles(stream, isCertain: isCertain)
    }
    // Whatever a file starts with, a zip archive may end it, and a tar archive start with any name.
    let isZip = if case .zip = kind { true } else { false }
    if isZip || stream.depth == 0 { scanZip(stream, isCertain: isZip) }
    scanTar(stream)
  }

  // MARK: - Pickles

  /// Walks the pickles at the start of a stream, which may follow one another.
  mutating func scanPickles(_ stream: Stream, isCertain: Bool) {
    let source = stream.region.source
    var position = stream.region.range.lowerBound
    let end = stream.region.range.upperBound
    var isCertain = isCertain
    var stacked = 0
    while position < end, isAble {
      let walk = walk(position..<end, of: source, whileClean: !isCertain)
      guard isCertain || walk.isPickle || walk.end == .limit, effort > 0 else { break }
      // A header at the start of a file, or a place where pickles are kept, leaves no doubt.
      let isBeyondDoubt = stacked == 0 && isCertain && (stream.isPickle || stream.depth == 0)
      take(walk, of: stream, isBeyondDoubt: isBeyondDoubt)
      stacked += 1
      guard walk.end == .stop else { return }
      position = walk.position
      let rest = Span<UInt8>(_bytes: source.bytes.extracting(position..<end))
      isCertain = PickleSniffing.isPickleHeader(at: 0, in: rest)
    }
    if stacked > 0 { search(position..<end, of: stream) }
  }

  /// Looks for pickles between other data: after the storages of torch's legacy files there may be
  /// more of them.
  mutating func search(_ range: Range<Int>, of stream: Stream) {
    let source = stream.region.source
    let span = Span<UInt8>(_bytes: source.bytes)
    var given = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound, isAble {
      if index - given >= Self.searchedPiece {
        source.giveBack(given..<index)
        given = index
      }
      guard span[index] == 0x80,
        PickleSniffing.isPickleHeader(at: index, in: span)
      else {
        index += 1
        continue
      }
      let walk = walk(index..<range.upperBound, of: source, whileClean: true)
      if walk.hasCalls, walk.hasPlausibleName {
        take(walk, of: stream, isBeyondDoubt: false)
        index = walk.end == .stop ? walk.position : index + 2
      } else {
        index += 2
      }
    }
  }

  mutating func walk(
    _ range: Range<Int>,
    of source: SharedBytes,
    whileClean: Bool
  ) -> PickleWalk {
    var walk = PickleWalk(source, range: range)
    walk.run(whileClean: whileClean, maximumOpcodes: opcodesLeft)
    effort -= walk.position - range.lowerBound + 1
    opcodesLeft -= walk.opcodeCount
    return walk
  }

  /// Adds what a walk found, and what is nested in it to the work.
  private mutating func take(_ walk: PickleWalk, of stream: Stream, isBeyondDoubt: Bool) {
    let base = stream.region.range.lowerBound
    addNested(walk, of: stream)
    guard isBeyondDoubt || walk.isCredible || walk.end == .limit else { return }
    result.pickleCount += 1
    for name in walk.names {
      if let finding = PickleScan.Finding(name, base: base, file: stream.place) {
        result.add(finding)
      } else {
        result.dataNameCount += 1
      }
    }
    for oddity in walk.findings {
      result.add(PickleScan.Finding(oddity, base: base, file: stream.place))
    }
    switch walk.end {
    case .stop: break
    case .limit where opcodesLeft <= 0: break  // said at the end, of the whole file
    case .limit:
      let message = "puts more than \(PickleWalk.maximumValues) values on the stack"
      let offset = walk.position - base
      result.add(
        PickleScan.Finding(rule: "pickle.limit", message, file: stream.place, offset: offset)
      )
    case .unknownOpcode, .truncated:
      let error = FormatError(ScanFault.unfinished, at: walk.opcodeOffset - base)
      result.add(error.inFile(stream.place))
    }
  }

  private mutating func addNested(_ walk: PickleWalk, of stream: Stream) {
    let base = stream.region.range.lowerBound
    let source = stream.region.source
    for nested in walk.nested.reversed() {
      let range = nested.text.range
      let place = stream.inner("nested at byte \(range.lowerBound - base)")
      if !nested.text.standsAsItIs(in: source) {
        // What has to be decoded is copied, letter by letter, which is dear.
        let cost = range.count.multipliedReportingOverflow(by: Self.decodingCost).partialValue
        guard cost <= inflationLeft else {
          addTooLarge("a text of \(range.count) bytes", limit: limits.inflatedBytes, at: place)
          continue
        }
        inflationLeft -= cost
      }
      guard let region = nested.text.region(in: source) else { continue }
      var inner = Stream(region: region, place: place, depth: stream.depth + 1)
      inner.isNested = true
      inner.isPickle = nested.isLoaded
      work.append(.stream(inner))
    }
  }

  /// Says of a part that it, or what stands behind it, was not looked at.
  mutating func addTooLarge(_ part: String, limit: Int, at place: String?) {
    let name = limit == limits.memberBytes ? "scan.member-bytes" : "scan.inflated-bytes"
    let message = "\(part) was not looked at (\(name))"
    result.add(PickleScan.Finding(rule: "pickle.too-large", message, file: place))
  }
}

extension PickleScanner.Stream {
  /// The place of a part of this stream, for people.
  func inner(_ part: String) -> String { (place.map { $0 + ", " } ?? "") + part }
}

extension PickleWalk {
  /// Whether bytes that need not be a pickle are one: Python would come to a call, or to the end.
  fileprivate var isPickle: Bool {
    hasCalls || isClean && end == .stop
  }
}

extension PickleText {
  /// The bytes that a text stands for: those of the file where they are the same.
  fileprivate func region(in source: SharedBytes) -> ByteRegion? {
    if standsAsItIs(in: source) {
      return try? ByteRegion(source, offset: range.lowerBound, count: range.count)
    }
    guard let bytes = bytes(from: source), let copy = try? SharedBytes.copying(bytes) else {
      return nil
    }
    return ByteRegion(copy)
  }

  /// Whether the first bytes need not be decoded.
  fileprivate func standsAsItIs(in source: SharedBytes) -> Bool {
    encoding == .bytes || encoding == .utf8 && !startsOutsideASCII(in: source)
  }

  private func startsOutsideASCII(in source: SharedBytes) -> Bool {
    Span<UInt8>(_bytes: source.bytes)[range.lowerBound] >= 0x80
  }
}
