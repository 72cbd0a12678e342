import { prepareDatabase } from "../../src/demo/database/prepare-database.ts";

/**
 * A process of its own for `killed.test.ts`: seeds a directory and, with a place given, kills itself there as the
 * operating system would. Arguments: directory, text of a statement, how many of those may run.
 */
const [dataDir, fatal, allowed] = process.argv.slice(2);
let seen = 0;
const database = await prepareDatabase({
  dataDir: dataDir!,
  logger: { info() {}, warn: console.error },
  seed: { limit: 12, chunkRows: 50 },
  onStatement(sql) {
    if (fatal === undefined || !sql.includes(fatal)) return;
    seen++;
    if (seen > Number(allowed)) process.kill(process.pid, "SIGKILL");
  },
});
await database.close();
