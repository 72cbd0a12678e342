// Running from source (tsx, vitest): a thread of Node 20 knows no TypeScript until it is told.
import { register } from "tsx/esm/api";

register();
await import("./embedded-worker.ts");
