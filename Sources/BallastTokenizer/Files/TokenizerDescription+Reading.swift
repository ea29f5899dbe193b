import BallastBytes
import BallastJSON
import Glibc

extension TokenizerDescription {
  /// Vocabulary and merges under the names of Hugging Face, and of OpenAI.
  private static let pairs = [
    (vocabulary: "vocab.json", merges: "merges.txt"),
    (vocabulary: "encoder.json", merges: "vocab.bpe"),
  ]

  /// Reads a folder, or a single file and what belongs to it.
  init(path: String) throws(FormatError) {
    let contents: SharedBytes
    do {
      contents = try TokenizerFolder.contents(ofFile: path)
    } catch {
      guard let fault = error.fault as? InputOutputFault, fault.code == EISDIR else { throw error }
      try self.init(folder: TokenizerFolder(path: path))
      return
    }
    // By bytes: a combining character after the slash would hide it from a search by characters.
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let nameStart = slash.map(path.utf8.index(after:)) ?? path.startIndex
    let name = String(path[nameStart...])
    let folder = TokenizerFolder(path: String(path[..<nameStart]))
    try self.init(contents, name: name, folder: folder)
  }

  private init(folder: TokenizerFolder) throws(FormatError) {
    var folder = folder
    if let json = try folder.json("tokenizer.json") {
      try self.init(tokenizerJSON: json, file: "tokenizer.json")
    } else if let found = try Self.readPair(in: &folder) {
      self = found
    } else if let found = try Self.readMerges(in: &folder) {
      self = found
    } else if let contents = try folder.contents(of: LLMCTokenizer.customaryName) {
      do {
        try self.init(LLMCTokenizer.lists(contents))
      } catch {
        throw error.inFile(LLMCTokenizer.customaryName)
      }
    } else {
      throw FormatError(TokenizerFault.noTokenizer)
    }
    try readCompanions(in: &folder)
    sourceFiles = folder.filesRead
  }

  /// The first vocabulary that is there, with its merges.
  private static func readPair(
    in folder: inout TokenizerFolder
  ) throws(FormatError) -> TokenizerDescription? {
    for pair in pairs {
      guard let vocabulary = try folder.json(pair.vocabulary) else { continue }
      guard let merges = try folder.contents(of: pair.merges) else {
        throw FormatError(TokenizerFault.missingFile(pair.merges))
      }
      return try TokenizerDescription(
        vocabulary: vocabulary,
        file: pair.vocabulary,
        merges: merges,
        file: pair.merges
      )
    }
    return nil
  }

  /// The first list of merges that is there, without a vocabulary.
  private static func readMerges(
    in folder: inout TokenizerFolder
  ) throws(FormatError) -> TokenizerDescription? {
    for pair in pairs {
      guard let merges = try folder.contents(of: pair.merges) else { continue }
      return try TokenizerDescription(mergesAlone: merges, file: pair.merges)
    }
    return nil
  }

  /// Reads a single file, which is recognised by what is in it.
  private init(
    _ contents: SharedBytes,
    name: String,
    folder: TokenizerFolder
  ) throws(FormatError) {
    var folder = folder
    folder.note(name)
    if LLMCTokenizer.matches(contents) {
      try self.init(LLMCTokenizer.lists(contents))
      sourceFiles = folder.filesRead
      return
    }
    if try Self.startsAsJSON(contents) {
      let json = try JSONValue(parsing: contents.bytes)
      if json["model"] != nil {
        try self.init(tokenizerJSON: json, file: nil)
        sourceFiles = folder.filesRead
        return
      }
      guard let first = json.object?.members.first, first.value.integer != nil else {
        throw FormatError(TokenizerFault.notATokenizer)
      }
      let partner = Self.pairs.first { $0.vocabulary == name }?.merges ?? "merges.txt"
      guard let merges = try folder.contents(of: partner) else {
        throw FormatError(TokenizerFault.missingFile(partner))
      }
      try self.init(vocabulary: json, file: name, merges: merges, file: partner)
    } else {
      guard MergeList.isRecognized(contents.bytes) else {
        throw FormatError(TokenizerFault.notATokenizer)
      }
      let partner = Self.pairs.first { $0.merges == name }?.vocabulary
      if let partner, let vocabulary = try folder.json(partner) {
        try self.init(vocabulary: vocabulary, file: partner, merges: contents, file: name)
      } else {
        try self.init(mergesAlone: contents, file: nil)
      }
    }
    try readCompanions(in: &folder)
    sourceFiles = folder.filesRead
  }

  private static func startsAsJSON(_ contents: SharedBytes) throws(FormatError) -> Bool {
    var reader = ByteReader(contents.bytes)
    while reader.remaining > 0 {
      switch try reader.read(UInt8.self) {
      case 0x20, 0x09, 0x0A, 0x0D: continue
      case UInt8(ascii: "{"): return true
      default: return false
      }
    }
    return false
  }
}
