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

    @Test func partsMayHavePartsOfTheirOwn() {
      onEveryMachine { machine in
        let runs = Mutex([Int](repeating: 0, count: 6 * 5))
        Parallel.forEachPartition(6) { outer in
          Parallel.forEachPartition(5) { inner in runs.withLock { $0[outer * 5 + inner] += 1 } }
        }
        #expect(runs.withLock { $0.allSatisfy { $0 == 1 } }, "\(machine)")
      }
    }

    /// Calls from several threads at once, one behind the other, some after a pause in which threads sleep.
    @Test func callsFromSeveralThreadsAreServed() async {
      Parallel.setThreadCount(3)
      defer { Parallel.setThreadCount(0) }
      let sums = await withTaskGroup(of: Int.self) { group in
        for caller in 0..<4 {
          group.addTask {
            let sum = Atomic(0)
            for call in 0..<500 {
              if call % 100 == caller { usleep(3000) }
              Parallel.forEachPartition(7) { sum.add($0, ordering: .relaxed) }
            }
            return sum.load(ordering: .relaxed)
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(sums == Array(repeating: 500 * 21, count: 4))
    }

    @Test func theThreadCountDefaultsToTheCores() {
      Parallel.setThreadCount(0)
      #expect(Parallel.threadCount == Parallel.availableCores)
      #expect(Parallel.availableCores >= 1)
    }
  }
}
