import BallastParallel
import Glibc
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

    @Test func everyPartitionRunsOnceOnNoMoreThreadsThanAsked() {
      onEveryMachine { machine in
        let state = Mutex((runs: [Int](repeating: 0, count: 50), running: 0, most: 0))
        Parallel.forEachPartition(50) { part in
          state.withLock {
            $0.runs[part] += 1
            $0.running += 1
            $0.most = max($0.most, $0.running)
          }
          usleep(50)
          state.withLock { $0.running -= 1 }
        }
        #expect(state.withLock { $0.runs.allSatisfy { $0 == 1 } }, "\(machine)")
        #expect(state.withLock { $0.most <= Parallel.threadCount }, "\(machine)")
      }
    }

    @Test func theThreadCountDefaultsToTheCores() {
      Parallel.setThreadCount(0)
      #expect(Parallel.threadCount == Parallel.availableCores)
      #expect(Parallel.availableCores >= 1)
    }
  }
}
