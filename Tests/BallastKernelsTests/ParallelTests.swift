import BallastParallel
import Synchronization
import Testing

extension Kernels {
  struct ParallelTests {
    @Test(arguments: [(0, 1), (1, 1), (7, 3), (64, 16), (65, 16), (1000, 1)])
    func rangesCoverEverythingOnce(count: Int, grain: Int) {
      onEveryMachine { machine in
        let ranges = Mutex<[Range<Int>]>([])
        Parallel.forEachRange(count, grain: grain) { range in
          ranges.withLock { $0.append(range) }
        }
        let sorted = ranges.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
        #expect(sorted.flatMap { Array($0) } == Array(0..<count), "\(machine)")
        #expect(sorted.count <= Parallel.threadCount, "\(machine)")
        #expect(sorted.allSatisfy { $0.lowerBound % grain == 0 }, "\(machine)")
        #expect(sorted.count <= 1 || sorted.allSatisfy { $0.count >= grain }, "\(machine)")
      }
    }

    @Test func everyPartitionRunsOnce() {
      onEveryMachine { machine in
        let runs = Mutex([Int](repeating: 0, count: 50))
        Parallel.forEachPartition(50) { part in runs.withLock { $0[part] += 1 } }
        #expect(runs.withLock { $0.allSatisfy { $0 == 1 } }, "\(machine)")
      }
    }

    @Test func theThreadCountDefaultsToTheCores() {
      Parallel.setThreadCount(0)
      #expect(Parallel.threadCount == Parallel.availableCores)
      #expect(Parallel.availableCores >= 1)
    }
  }
}
