export { ConfigError, type GatewayConfig, readConfig } from "./config.ts";
export {
  defineGateway,
  type GatewayContext,
  type GatewayDefinition,
  type GatewayParts,
  type GatewayRequest,
  type GatewayServices,
} from "./define-gateway.ts";
export type { QueryLimits } from "./query-limits.ts";
export type { ShutdownReport } from "./shutdown.ts";
export { type RunningGateway, type StartOptions, startGateway } from "./start-gateway.ts";
export type { WarmUpOptions } from "./warm-up.ts";
export { type RunningWorkers, startWorkers, type WorkersOptions } from "./workers/start-workers.ts";
