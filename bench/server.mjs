// One contestant in a process of its own: node server.mjs NAME PORT SOURCE_URL REDIS_URL
import { contestants } from "./contestants.mjs";

const [name, port, sourceUrl, redisUrl] = process.argv.slice(2);
const server = await contestants[name]({ port: Number(port), sourceUrl, redisUrl });
process.on("message", async (message) => {
  if (message.invalidate) {
    await server.invalidate?.(message.invalidate);
    process.send({ invalidated: server.invalidate !== undefined });
  }
  if (message === "usage") process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
