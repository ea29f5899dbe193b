import BallastBytes
import BallastCheckpoint

/// Tensors that are made of other tensors: quantised, sparse and nested ones.
extension TorchTensorReader {
  /// Out of (storage, offset, size, stride, (scheme, scale, zero point) or (scheme, scales, zero points,
  /// axis), …).
  func readQuantized(
    _ arguments: [PickleValue],
    at path: TorchPath
  ) throws(FormatError) -> TorchReading? {
    guard arguments.count >= 5,
      let parameters = graph.sequence(arguments[4])?.prefix(4).map({ $0 }),
      parameters.count >= 3, let (_, scheme) = graph.name(parameters[0]),
      let dense = try readDense(arguments, type: nil, marks: nil)
    else { return nil }
    guard case .tensor(let tensor) = dense else { return dense }
    switch scheme {
    case "per_tensor_affine":
      guard let scale = graph.number(parameters[1]), let zeroPoint = graph.integer(parameters[2])
      else {
        return nil
      }
      return .quantized(tensor, .tensor(scale: scale, zeroPoint: zeroPoint))
    case "per_channel_affine", "per_channel_affine_float_qparams":
      guard parameters.count >= 4, let axis = graph.integer(parameters[3]),
        let scales = try numbers(parameters[1], at: path),
        let zeroPoints = try numbers(parameters[2], at: path)
      else { return nil }
      return .quantized(tensor, .channels(axis: axis, scales: scales, zeroPoints: zeroPoints))
    default: return .obstacle(.unknownType(scheme))
    }
  }

  /// Out of (layout, (indices, values, size, …) or (bounds, indices, values, size)).
  func readSparse(
    _ arguments: [PickleValue],
    at path: TorchPath
  ) throws(FormatError) -> TorchReading? {
    guard arguments.count >= 2, let name = layoutName(arguments[0]),
      let parts = graph.sequence(arguments[1])?.prefix(5).map({ $0 })
    else { return nil }
    guard let layout = TorchSparse.Layout(rawValue: name) else {
      return .obstacle(.unknownType(name))
    }
    let indexCount = layout == .coordinates ? 1 : 2
    guard parts.count >= indexCount + 2, let sizes = try integers(parts[indexCount + 1]),
      let values = try part(parts[indexCount], at: path)
    else { return nil }
    var indices: [TorchTensor] = []
    for value in parts.prefix(indexCount) {
      guard let index = try part(value, at: path) else { return nil }
      indices.append(index)
    }
    return .sparse(TorchSparse(layout: layout, indices: indices, values: values, sizes: sizes))
  }

  /// Out of (buffer, sizes, strides, offsets).
  func readNested(
    _ arguments: [PickleValue],
    at path: TorchPath
  ) throws(FormatError) -> TorchReading? {
    guard arguments.count >= 4, let buffer = try part(arguments[0], at: path),
      let sizes = try part(arguments[1], at: path), let strides = try part(arguments[2], at: path),
      let offsets = try part(arguments[3], at: path), sizes.sizes.count == 2,
      sizes.sizes == strides.sizes, offsets.sizes == [sizes.sizes[0]],
      [sizes, strides, offsets].allSatisfy({ $0.type.dtype == .i64 })
    else { return nil }
    return .nested(
      TorchNested(buffer: buffer, sizes: sizes, strides: strides, offsets: offsets)
    )
  }

  /// A dense tensor within the arguments of another.
  private func part(
    _ value: PickleValue,
    at path: TorchPath
  ) throws(FormatError) -> TorchTensor? {
    guard case .tensor(let tensor)? = try read(value, at: path)?.reading else { return nil }
    return tensor
  }

  private func numbers(
    _ value: PickleValue,
    at path: TorchPath
  ) throws(FormatError) -> TorchNumbers? {
    if case .list = value { return .list(value) }
    return try part(value, at: path).map { .tensor($0) }
  }

  /// `torch.sparse_coo` by its name, or out of a call of `_get_layout("torch.sparse_coo")`.
  private func layoutName(_ value: PickleValue) -> String? {
    if let (_, name) = graph.name(value) { return name }
    guard case .object(let index) = value,
      let text = graph.call(graph.objects[index]).arguments.first.flatMap({ graph.text($0) })
    else { return nil }
    return text.hasPrefix("torch.") ? String(text.dropFirst(6)) : text
  }
}
