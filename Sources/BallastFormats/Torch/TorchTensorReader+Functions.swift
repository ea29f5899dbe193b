/// The functions by which torch's pickles, and NumPy's, make tensors.
extension TorchTensorReader {
  /// The functions of torch that stand for tensors.
  enum Function {
    /// (storage, offset, size, stride, requires_grad, hooks, marks such as `conj`)
    case dense
    /// (storage, offset, size, stride, requires_grad, hooks, dtype, marks)
    case denseOfType
    /// (tensor, …)
    case wrapper
    /// (function, class, arguments, state)
    case fromType
    /// (tensor, dtype, device, requires_grad)
    case device
    /// (class, shape, type), then BUILD
    case numpyArray
    /// (bytes, dtype, shape, order) or (bytes, dtype, shape, "K", order of the axes)
    case numpyBuffer
    /// (storage, offset, size, stride, (scheme, …), …)
    case quantized
    /// (layout, (indices, …, values, size))
    case sparse
    /// (buffer, sizes, strides, offsets)
    case nested
    case obstacle(TorchObstacle)
  }

  /// The function of that name; nil where it stands for no tensor.
  static func function(module: String, name: String) -> Function? {
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"):
      .dense
    case ("torch._utils", "_rebuild_tensor_v3"): .denseOfType
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"),
      ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer"),
      ("torch.autograd.variable", "Variable"):
      .wrapper
    case ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): .device
    case ("numpy._core.multiarray", "_reconstruct"): .numpyArray
    case ("numpy._core.numeric", "_frombuffer"): .numpyBuffer
    case ("numpy.ma.core", "_mareconstruct"): .obstacle(.maskedArray)
    case ("torch._tensor", "_rebuild_from_type_v2"): .fromType
    case ("torch._utils", "_rebuild_qtensor"): .quantized
    case ("torch._utils", "_rebuild_sparse_tensor"), ("torch._utils", "_rebuild_sparse_csr_tensor"):
      .sparse
    case ("torch._utils", "_rebuild_nested_tensor"): .nested
    case ("torch._utils", "_rebuild_meta_tensor_no_storage"): .obstacle(.meta)
    case ("torch._utils", _) where name.hasPrefix("_rebuild_"): .obstacle(.unknownFunction(name))
    case ("torch._tensor", _) where name.hasPrefix("_rebuild_"): .obstacle(.unknownFunction(name))
    case ("torch", _), ("torch.cuda", _), ("torch.sparse", _), ("torch.cuda.sparse", _),
      ("torch.storage", _):
      isTensor(name) ? .obstacle(.unknownFunction(name)) : nil
    default: nil
    }
  }

  /// Whether a function or a class within `torch` makes tensors or storages from what it is given.
  private static func isTensor(_ name: String) -> Bool {
    name.hasSuffix("Tensor") || name.hasSuffix("Storage") || makers.contains(name)
  }

  private static let makers: Set<String> = [
    "tensor", "as_tensor", "asarray", "from_numpy", "frombuffer", "zeros", "ones", "full", "empty",
    "arange", "eye", "rand", "randn", "randint", "_load_from_bytes",
  ]

  /// The function that is called; nil where it stands for no tensor.
  func function(of call: PickleGraph.Call) -> Function? {
    guard case .global(let index) = call.callable else { return nil }
    return functions[index]
  }
}
