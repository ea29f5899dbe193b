import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastModelIO

/// A low-rank adapter that is applied to a model.
struct AdapterArguments: ParsableArguments {
  @Option(
    value: "DIR",
    help: "A low-rank adapter in PEFT's format, which is added to the weights.",
    completion: .directory
  )
  var adapter: String?

  /// The model, with the adapter added; errors name the file that they are of.
  func model(
    of opened: OpenedModel,
    at path: String,
    asStored: Bool = false
  ) throws(PathError) -> GPT2Model {
    guard let adapter else {
      return try at(path) { () throws(FormatError) in
        asStored ? try opened.loadModelAsStored() : try opened.loadModel()
      }
    }
    let loaded = try at(adapter) { () throws(FormatError) in try PEFTAdapter(path: adapter) }
    let model = try at(path) { () throws(FormatError) in try opened.loadModel(copying: true) }
    try at(adapter) { () throws(FormatError) in try loaded.merge(into: model) }
    return model
  }
}
