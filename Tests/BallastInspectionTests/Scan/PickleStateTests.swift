import BallastBytes
import BallastInspection
import Testing

/// States that NumPy and torch take without looking, and what a scan has no room to follow.
@Suite struct PickleStateTests: PickleSuite, ScanSuite {
  // MARK: - Pieces

  private static func view(_ buffer: [UInt8], _ count: Int) -> [UInt8] {
    call(
      name("numpy.core.numeric", "_frombuffer"),
      buffer,
      letters,
      tuple([int(count)]),
      text("C")
    )
  }

  private static func tensor(with key: String) -> [UInt8] {
    let tensor = call(
      name("torch._utils", "_rebuild_device_tensor_from_numpy"),
      view(bytes([1, 2]), 2),
      name("torch", "uint8"),
      text("cpu"),
      no
    )
    let state = [0x7D] + text(key) + none + [0x73]
    return call(name("torch._utils", "_rebuild_parameter_with_state"), tensor, no, none, state)
  }

  // MARK: - NumPy

  /// A letter that is a text of any size where it is not a complex number.
  @Test(arguments: [("c8", true), ("c16", true), ("c", false), ("c1", false)])
  func theLetterC(code: String, isData: Bool) throws {
    let type = Self.call(Self.name("numpy", "dtype"), Self.text(code), Self.no, [0x88])
    #expect(try rules(type).isEmpty == isData)
  }

  @Test(arguments: [([1], 1), ([2, 3], 6), ([0], 0), ([], 1), ([70], 70)])
  func anArrayOfObjectsHasAsManyAsItsShapeSays(shape: [Int], count: Int) throws {
    let start = Self.noArray
    let sound = start + Self.content(shape, Self.objects, Self.list(count))
    #expect(try rules(sound) == [])
    for other in [count + 1, max(count - 1, 0)] where other != count {
      let odd = start + Self.content(shape, Self.objects, Self.list(other))
      #expect(try rules(odd) == ["odd-state"], "\(other) objects in \(shape)")
    }
  }

  @Test func anArrayHasItsContentOnce() throws {
    let array = Self.noArray + Self.content([1], Self.letters, Self.bytes([1]))
    #expect(try rules(array) == [])
    let again = Self.content([1], Self.letters, Self.bytes([2]))
    #expect(try rules(array + again) == ["odd-state"])
    #expect(try rules(Self.view(Self.bytes([1]), 1) + again) == ["odd-state"])
  }

  @Test func aTypeInUseDoesNotChange() throws {
    let state = Self.typeState(8, 1)
    let type = Self.type("V8", state) + [0x71, 1, 0x30]
    let array =
      Self.noArray + Self.content([1], [0x68, 1], Self.bytes([UInt8](repeating: 0, count: 8)))
    #expect(try rules(type + array) == [])
    #expect(
      try rules(type + array + [0x30, 0x68, 1] + state + Self.build) == [
        "odd-state"
      ]
    )
  }

  @Test(
    arguments: [
      ("V8", 8, 1, true), ("V8", 8, 8, true), ("V8", 16, 1, false), ("V8", -1, -1, false),
      ("S8", 8, 0, false), ("S8", 8, 3, false), ("U2", 8, 4, true), ("U2", 2, 4, false),
      ("f4", -1, -1, true), ("f4", 8, -1, false),
    ]
  )
  func theSizeOfAType(code: String, size: Int, alignment: Int, isSound: Bool) throws {
    let found = try rules(Self.type(code, Self.typeState(size, alignment)))
    #expect(found == (isSound ? [] : ["odd-state"]))
  }

  @Test func datesHaveAUnit() throws {
    func unit(_ name: String, _ numbers: Int...) -> [[UInt8]] {
      [Self.tuple([Self.none, Self.tuple([Self.bytes(Array(name.utf8))] + numbers.map(Self.int))])]
    }
    let sound = [unit("D", 1, 1, 1), unit("ns", 25, 1, 1), unit("generic", 1, 1, 1)]
    for state in sound {
      #expect(try rules(Self.type("M8", Self.typeState(unit: state))) == [])
    }
    let odd = [
      [], [Self.none], unit("D", 0, 1, 1), unit("D", 1, 1), unit("x", 1, 1, 1), unit("D", 1, 2, 1),
    ]
    for state in odd {
      let found = try rules(Self.type("M8", Self.typeState(unit: state)))
      #expect(found == ["odd-state"], "\(state)")
    }
  }

  @Test(arguments: [
    ("pos", 0, true), ("pos", 624, true), ("pos", 625, false), ("pos", -1, false),
    ("buffer_pos", 4, true), ("buffer_pos", 5, false),
  ])
  func thePlaceOfAGenerator(key: String, place: Int, isSound: Bool) throws {
    let inner = [0x7D] + Self.text(key) + Self.int(place) + [0x73]
    let nested = [0x7D] + Self.text("state") + inner + [0x73]
    for state in [inner, nested] {
      let maker = Self.call(
        Self.name("numpy.random._pickle", "__bit_generator_ctor"),
        Self.name("numpy.random._mt19937", "MT19937")
      )
      #expect(
        try rules(maker + state + Self.build) == (isSound ? [] : ["odd-state"])
      )
    }
  }

  // MARK: - Bytes that are lent

  @Test(arguments: [
    ("partition_dim", true), ("_no_decay", true), ("real", false), ("data", false), ("grad", false),
    ("names", false), ("_backward_hooks", false),
  ])
  func theAttributesOfATensor(key: String, isSound: Bool) throws {
    #expect(try rules(Self.tensor(with: key)).isEmpty == isSound)
  }

  @Test func bytesUnderAnArrayAreNotLoaded() throws {
    let file: [UInt8] = [0x80, 2, 0x4E, 0x2E] + [UInt8](repeating: 0x2E, count: 2000)
    let kept = Self.bytes(file) + [0x71, 1, 0x30]
    let load = Self.call(Self.name("torch.storage", "_load_from_bytes"), [0x68, 1])
    let lent = Self.view([0x68, 1], file.count)
    let filled = Self.noArray + Self.content([file.count], Self.letters, [0x68, 1])
    #expect(try rules(kept + load) == [])
    #expect(try rules(kept + lent) == [])
    #expect(try rules(kept + filled) == [])
    for array in [lent, filled] {
      #expect(try rules(kept + array + [0x30] + load) == ["computed-file"])
      #expect(try !rules(kept + load + [0x30] + array).isEmpty)
      #expect(try !rules(kept + array + [0x30] + array).isEmpty)
    }
    // A small array has a copy, and picklers know the bytes of one letter again.
    let small = Self.bytes([1]) + [0x71, 1, 0x30]
    let one = Self.noArray + Self.content([1], Self.letters, [0x68, 1])
    #expect(try rules(small + one + [0x30] + one) == [])
  }

  // MARK: - Numbers

  @Test(
    arguments: [
      ("Decimal", "1.5", true), ("Decimal", "-1E+999999", true), ("Decimal", "sNaN123", true),
      ("Decimal", "-Infinity", true), ("Decimal", "1e1000000", false), ("Decimal", "e", false),
      ("Fraction", "-7/3", true), ("Fraction", "12", true), ("Fraction", "1e9", false),
      ("Fraction", "1/", false), ("Fraction", "1/2/3", false),
    ]
  )
  func textsOfNumbers(kind: String, text: String, isSound: Bool) throws {
    let module = kind == "Decimal" ? "decimal" : "fractions"
    let found = try rules(Self.call(Self.name(module, kind), Self.text(text)))
    #expect(found == (isSound ? [] : ["odd-call"]))
  }

  // MARK: - What is not followed

  /// Two texts that only the memo has, and a call of what they name, in a pickle that does not end.
  @Test(arguments: ["99999999999999999999", "0x1"])
  func whatAnOddMemoHoldsIsCalled(index: String) throws {
    let get = Array("g\(index)9\ng\(index)8\n".utf8)
    let payload =
      Array("Vos\np\(index)9\n0Vsystem\np\(index)8\n0".utf8) + get + [0x93] + Self.text("id")
      + [0x85, 0x52, 0xFF]
    for bytes in [payload, Self.empty + [0x80, 4] + payload, zip([("w", [0x80, 4] + payload)])] {
      let rules = Set(try scan(bytes).findings.map(\.rule))
      #expect(rules.isSuperset(of: ["pickle.odd-memo", "pickle.computed-call"]))
    }
  }

  @Test(arguments: ["(Rough notes)\n", "(R)R", "Press\n)R\n"])
  func wordsAreNoCalls(words: String) throws {
    #expect(try scan(Array(words.utf8)).findings.isEmpty)
  }

  @Test func whatIsLookedAtToJudgeCounts() throws {
    var limits = ScanLimits.standard
    limits.opcodes = 20_000
    let inner = Self.tuple([[UInt8]](repeating: Self.none, count: 64)) + [0x71, 1, 0x30]
    let outer = Self.tuple([[UInt8]](repeating: [0x68, 1], count: 64)) + [0x71, 2, 0x30]
    let layout = Self.call(Self.name("torch.serialization", "_get_layout"), Self.text("x"))
    let arguments = layout + [0x68, 2, 0x86, 0x71, 3, 0x30]
    let function = Self.name("torch._utils", "_rebuild_sparse_tensor") + [0x71, 4, 0x30]
    let body = inner + outer + arguments + function
    let calls = [[UInt8]](repeating: [0x68, 4, 0x68, 3, 0x52, 0x30], count: 1000).flatMap { $0 }
    #expect(try rules(body + calls.prefix(60) + Self.none, limits: limits) == [])
    #expect(try rules(body + calls + Self.none, limits: limits) == ["limit"])
    // Texts that look like pickles are read for it.
    let text = Self.bytes([UInt8](repeating: 0x4E, count: 900)) + [0x30]
    let texts = [[UInt8]](repeating: text, count: 200).flatMap { $0 }
    limits.opcodes = 5000
    #expect(try rules(texts + Self.none, limits: limits) == ["limit"])
  }
}
