/// The calls that picklers write of names that make data: pickle of Python 2 and 3 in every protocol,
/// `torch.save` of every kind, and NumPy 1 and 2.
///
/// A name that may be called is not a name that may be called with anything: an object that pretends to
/// be an array, or a class, makes of most of these what its author wants. Other calls are dangerous.
///
/// Each line has a module, names, the arguments in parentheses, and what the result is where something
/// may be done with it. `?` marks arguments that may be missing, `*` any number of them; what the words
/// mean is written at `PickleArgument` and `PickleResult`.
enum PickleCalls {
  /// Classes: they may stand as arguments, too.
  static let classes = """
    builtins bytes () encoded
    builtins bytearray () (bytes) (text latin1)
    builtins complex (number number)
    builtins object ()
    builtins set frozenset () (list)
    builtins slice (atom atom atom)
    builtins range (int int int)
    __builtin__ bytes () encoded
    __builtin__ bytearray () (bytes) (text latin1)
    __builtin__ complex (number number)
    __builtin__ object ()
    __builtin__ set frozenset () (list)
    __builtin__ slice (atom atom atom)
    __builtin__ xrange range (int int int)
    collections OrderedDict () (pairs) mapping
    collections Counter () (dict) mapping
    collections defaultdict () (factory) mapping
    collections deque () (items optional-int?) sequence
    array array (text list)
    pathlib Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath (text*)
    pathlib._local Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath (text*)
    datetime datetime time (bytes zone?)
    datetime date (bytes)
    datetime timedelta (int int int) delta
    datetime timezone (delta text?) zone
    decimal Decimal (decimal)
    fractions Fraction (ratio) (int int)
    ipaddress IPv4Address IPv6Address IPv4Network IPv6Network (atom)
    ipaddress IPv4Interface IPv6Interface (atom)
    numpy dtype (code truth yes) array-type
    torch Size (ints) size
    torch device (text int?) device
    torch.torch_version TorchVersion (text) (base text) text
    torch.nn.parameter UninitializedParameter UninitializedBuffer (truth) tensor
    """

  /// Functions, which picklers write to be called and never as values.
  static let functions = """
    builtins type (none)
    __builtin__ type (none)
    array _array_reconstructor (class text int bytes)
    _codecs encode (text latin1) encoded
    copyreg _reconstructor (class base any) first
    copy_reg _reconstructor (class base any) first
    copyreg __newobj__ (class any*) first
    copy_reg __newobj__ (class any*) first
    copyreg __newobj_ex__ (class any any) first
    numpy.core.multiarray scalar (numeric-type bytes) text
    numpy._core.multiarray scalar (numeric-type bytes) text
    numpy.core.multiarray _reconstruct (ndarray no-shape bytes) array
    numpy._core.multiarray _reconstruct (ndarray no-shape bytes) array
    numpy.ma.core _mareconstruct (masked-class ndarray no-shape byte-code) masked-array
    numpy.core.numeric _frombuffer (buffer numeric-type ints text ints?) view
    numpy._core.numeric _frombuffer (buffer numeric-type ints text ints?) view
    numpy.random._pickle __bit_generator_ctor () (bit-generator) (text) generator
    numpy.random._pickle __generator_ctor (text) (generator) generator
    numpy.random._pickle __randomstate_ctor (text) (generator) generator
    numpy.random.bit_generator __pyx_unpickle_SeedSequence (type int none) seed
    torch.serialization _get_layout (text) layout
    torch.storage _load_from_bytes (file) storage
    torch._utils _rebuild_tensor (storage int ints ints) tensor
    torch._utils _rebuild_tensor_v2 (storage int ints ints truth hooks optional-dict?) tensor
    torch._utils _rebuild_tensor_v3 (storage int ints ints truth hooks type optional-dict?) tensor
    torch._utils _rebuild_qtensor (storage int ints ints parts truth hooks) tensor
    torch._utils _rebuild_sparse_tensor (layout parts) tensor
    torch._utils _rebuild_meta_tensor_no_storage (type ints ints truth) tensor
    torch._utils _rebuild_nested_tensor (tensor tensor tensor parts) tensor
    torch._utils _rebuild_wrapper_subclass (class type ints ints int layout device truth) tensor
    torch._utils _rebuild_device_tensor_from_numpy (array type text truth) tensor
    torch._utils _rebuild_device_tensor_from_cpu_tensor (tensor type text truth) tensor
    torch._utils _rebuild_parameter (tensor truth hooks) tensor
    torch._utils _rebuild_parameter_with_state (tensor truth hooks state) tensor
    torch._tensor _rebuild_from_type_v2 (rebuild*) tensor
    torch.jit._pickle build_intlist build_doublelist build_boollist (list) same
    torch.jit._pickle build_tensorlist (list) same
    torch.jit._pickle build_tensor_from_id (int) tensor
    torch.jit._pickle restore_type_tag (items text) same
    """
}

/// What an argument has to be.
///
/// The result of a package of which nothing is known goes for anything: it is a finding of its own.
enum PickleArgument: String, Sendable {
  case any
  /// A text, number, truth or None.
  case atom
  case text
  /// A text with the name of Latin-1.
  case latin1
  case none
  case int
  /// An integer or a floating-point number.
  case number
  /// True or False, which Python 2 wrote as 1 and 0.
  case truth
  /// True.
  case yes
  /// A text with a number, whose exponent does not ask for much memory.
  case decimal
  /// A text with an integer, or with two and a slash.
  case ratio
  /// Bytes, as every protocol writes them.
  case bytes
  /// Bytes that torch's loader is called with: they stand in this file, and are scanned.
  case file
  /// Bytes that can be written to, or come from outside.
  case buffer
  /// A tuple of integers.
  case ints
  /// The tuple `(0,)`.
  case noShape = "no-shape"
  case list
  /// A list of tuples or lists of two.
  case pairs
  case dict
  /// A list, a tuple or a dictionary.
  case items
  case optionalInt = "optional-int"
  case optionalDict = "optional-dict"
  /// Attributes, none of which Python or an interpreter of attributes calls, nor a tensor's that code sets.
  case state
  /// A name of a class that is listed, or of a package of which nothing is known.
  case `class`
  /// A type that is listed, and only stands as an argument.
  case type
  /// A type that Python has built in: what a class is derived from.
  case base
  /// A type that Python has built in, or a container: what makes the values of a defaultdict.
  case factory
  /// One of NumPy's classes of random generators.
  case bitGenerator = "bit-generator"
  /// `numpy.ndarray`, or its matrix.
  case ndarray
  /// `numpy.ma.MaskedArray`.
  case maskedClass = "masked-class"
  /// NumPy's code of a type, such as "f4".
  case code
  /// That of a byte, which masked arrays have as long as they have no elements.
  case byteCode = "byte-code"
  /// A NumPy type without objects.
  case numericType = "numeric-type"
  /// A tuple of tensors, numbers and types.
  case parts
  /// One of these four: a function of `torch._utils`, a class, the function's arguments and the state.
  case rebuild
  case storage, tensor, hooks, size, device, layout, array, generator, delta, zone
}

/// What a call makes, as far as something may be done with it.
enum PickleResult: String, Sendable {
  /// Something that is only kept.
  case value
  /// An object of the class that is called: BUILD sets its attributes.
  case object
  /// An object of the class that is the first argument.
  case first
  /// The first argument itself.
  case same
  /// Takes items by key, and attributes.
  case mapping
  /// Takes items at its end.
  case sequence
  /// A text, or a number.
  case text
  /// A text's bytes.
  case encoded
  case arrayType = "array-type"
  /// An array that lies over bytes.
  case view
  /// An array whose state has a mask, too.
  case maskedArray = "masked-array"
  case array, generator, seed, storage, tensor, size, device, layout, delta, zone
}
