import BallastCheckpoint

/// A tensor of a file, and what the file's own naming says that it is.
struct NamedTensor {
  enum Role {
    /// The weight of that canonical name.
    case canonical(String)
    /// No part of the model.
    case other
    /// The format has no names of its own: wrappers and prefixes tell.
    case byName
  }

  let role: Role
  let view: TensorView

  init(_ role: Role, _ view: TensorView) {
    self.role = role
    self.view = view
  }
}
