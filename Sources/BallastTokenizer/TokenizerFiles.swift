import BallastBytes
import BallastJSON
import Glibc

/// The files that make up a tokenizer: which there are, and what they say.
struct TokenizerFiles {
  /// Vocabularies and the merges that belong to them: Hugging Face's names and OpenAI's.
  private static let pairs = [
    (vocabulary: "vocab.json", merges: "merges.txt"),
    (vocabulary: "encoder.json", merges: "vocab.bpe"),
  ]
  private static let library = "tokenizer.json"
  /// Everything that may be read, and goes along when a model is copied.
  private static let names =
    [library] + pairs.flatMap { [$0.vocabulary, $0.merges] } + [
      "added_tokens.json", "tokenizer_config.json", "special_tokens_map.json",
    ]

  /// The folder, with a slash at its end; empty for the current one.
  private let folder: String
  /// The name of the file that was given; nil where a folder was.
  private let given: String?
  /// What the files say.
  private(set) var definition = TokenizerDefinition()
  /// The text of the token that ends a text, if a file names it.
  private(set) var endOfText: String?

  /// Reads the tokenizer of a folder, or the one that a file is part of.
  init(path: String) throws(FormatError) {
    if let file = try Self.file(path) {
      let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
      let nameStart = slash.map(path.utf8.index(after:)) ?? path.startIndex
      folder = String(path[..<nameStart])
      let name = String(path[nameStart...])
      given = name
      try read(file, name)
    } else {
      folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
      given = nil
      let start = [Self.library] + Self.pairs.map(\.vocabulary) + Self.pairs.map(\.merges)
      guard let (file, name) = try openFirst(of: start) else {
        throw FormatError(TokenizerFault.noTokenizer)
      }
      try read(file, name)
    }
    try readCompanions()
  }

  /// The paths of all files of the tokenizer that are there.
  func paths() throws(FormatError) -> [String] {
    var names = Self.names
    if let given, !names.contains(given) { names.insert(given, at: 0) }
    var paths: [String] = []
    for name in names where try open(name) != nil { paths.append(folder + name) }
    return paths
  }

  /// Reads the file that the search began with; its bytes tell what it is.
  private mutating func read(_ file: SharedBytes, _ name: String) throws(FormatError) {
    guard Self.isJSON(file.bytes), !Self.pairs.contains(where: { $0.merges == name }) else {
      return try readMerges(file, name)
    }
    definition.vocabularyFile = label(name)
    var isWhole = false
    try inFile(name) { (definition) throws(FormatError) in
      let json = try JSONValue(parsing: file.bytes)
      isWhole = name == Self.library || json["model"]?.object != nil
      if isWhole {
        try definition.readTokenizer(json)
      } else {
        try definition.readVocabulary(json)
      }
    }
    guard !isWhole else {
      definition.mergesFile = label(name)
      return
    }
    let partner = Self.pairs.filter { $0.vocabulary == name } + Self.pairs
    guard let (merges, mergesName) = try openFirst(of: partner.map(\.merges)) else {
      throw FormatError(TokenizerFault.noMerges, in: label(name))
    }
    definition.mergesFile = label(mergesName)
    try inFile(mergesName) { (definition) throws(FormatError) in
      try definition.readMerges(merges.bytes)
    }
  }

  /// Reads merges, and the vocabulary beside them; GPT-2's merges alone give a whole vocabulary.
  private mutating func readMerges(_ file: SharedBytes, _ name: String) throws(FormatError) {
    definition.mergesFile = label(name)
    try inFile(name) { (definition) throws(FormatError) in
      try definition.readMerges(file.bytes)
      guard !definition.merges.isEmpty else { throw FormatError(TokenizerFault.unrecognized) }
    }
    let partner = Self.pairs.filter { $0.merges == name }.map(\.vocabulary)
    guard let (vocabulary, vocabularyName) = try openFirst(of: partner) else {
      definition.vocabularyFile = label(name)
      return try inFile(name) { (definition) throws(FormatError) in
        try definition.numberTokens()
      }
    }
    definition.vocabularyFile = label(vocabularyName)
    try inFile(vocabularyName) { (definition) throws(FormatError) in
      try definition.readVocabulary(try JSONValue(parsing: vocabulary.bytes))
    }
  }

  /// Reads what stands beside vocabulary and merges.
  ///
  /// As transformers does: special_tokens_map.json counts where tokenizer_config.json lists no
  /// `added_tokens_decoder`, and what tokenizer.json says of an added token counts most.
  private mutating func readCompanions() throws(FormatError) {
    let own = definition.addedTokens
    if let file = try open("added_tokens.json") {
      try inFile("added_tokens.json") { (definition) throws(FormatError) in
        try definition.readAddedTokens(try JSONValue(parsing: file.bytes))
      }
    }
    var configuration = TokenizerConfiguration()
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      guard let file = try open(name) else { continue }
      try inFile(name) { (definition) throws(FormatError) in
        try configuration.read(try JSONValue(parsing: file.bytes))
        for token in configuration.takeAddedTokens() { try definition.add(token) }
      }
    }
    for token in own { try definition.add(token) }
    try definition.markSpecial(configuration.specialTokens + [Tokenizer.endOfTextMark])
    definition.addsPrefixSpace = configuration.addsPrefixSpace ?? definition.addsPrefixSpace
    endOfText = configuration.endOfText
  }

  private mutating func inFile(
    _ name: String,
    _ body: (inout TokenizerDefinition) throws(FormatError) -> Void
  ) throws(FormatError) {
    do throws(FormatError) {
      try body(&definition)
    } catch {
      throw error.inFile(label(name))
    }
  }

  /// How errors name a file of the folder: not at all, where it is the one that was given.
  private func label(_ name: String) -> String? {
    name == given ? nil : name
  }

  private func openFirst(
    of names: [String]
  ) throws(FormatError) -> (file: SharedBytes, name: String)? {
    for name in names {
      if let file = try open(name) { return (file, name) }
    }
    return nil
  }

  private func open(_ name: String) throws(FormatError) -> SharedBytes? {
    do throws(FormatError) {
      return try SharedBytes.mapping(path: folder + name)
    } catch {
      guard (error.fault as? InputOutputFault)?.isNoSuchFile == true else {
        throw error.inFile(label(name))
      }
      return nil
    }
  }

  /// The file at a path; nil where that is a folder.
  private static func file(_ path: String) throws(FormatError) -> SharedBytes? {
    do throws(FormatError) {
      return try SharedBytes.mapping(path: path)
    } catch {
      guard (error.fault as? InputOutputFault)?.code == EISDIR else { throw error }
      return nil
    }
  }

  /// Whether the first byte that is no white space opens an object.
  private static func isJSON(_ bytes: RawSpan) -> Bool {
    for index in 0..<bytes.byteCount {
      switch bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) {
      case 0x20, 0x0A, 0x0D, 0x09: continue
      case UInt8(ascii: "{"): return true
      default: return false
      }
    }
    return false
  }
}
