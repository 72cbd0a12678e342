// What the package `fieldgate/testing` exports. It needs no test runner.

export {
  createTestCache,
  type Resolvers,
  type RunOptions,
  type TestCache,
  type TestCacheOptions,
} from "./create-test-cache.ts";
export { createManualClock, type ManualClock } from "./manual-clock.ts";
export type { RecordedBatch, RecordedFill, RecordedRead, Recorder } from "./recorder.ts";
export type { ResolverCall } from "./run-resolver.ts";
