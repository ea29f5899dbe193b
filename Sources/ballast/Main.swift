import BallastCLI
import Glibc

@main
struct Main {
  static func main() {
    exit(BallastCLI.run(Array(CommandLine.arguments.dropFirst())))
  }
}
