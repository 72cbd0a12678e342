import { startGateway } from "../gateway/index.ts";
import { demoGateway } from "./gateway.ts";

try {
  const { url } = await startGateway(demoGateway());
  console.log(`Fieldgate answers on ${url}/graphql (dashboard: ${url}/cache)`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
