import { demoGateway } from "../../src/demo/gateway.ts";
import { startGateway } from "../../src/gateway/index.ts";

// The demo as npm start runs it, over its first sixty features, with its data where the argument says. Prints its url.
const { url } = await startGateway(demoGateway({ dataDir: process.argv[2], seed: { limit: 60 } }));
console.log(url);
