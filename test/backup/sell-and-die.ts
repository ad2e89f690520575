/** Makes one durable sale that only the log holds, and is killed. */
import { openEngine } from '../../edge/engine/open.ts';
import { functionLibrary } from '../../edge/sql/functions/library.ts';
import { engineOptions, write } from '../engine/support/engine-fixture.ts';

const [path = ''] = process.argv.slice(2);
const engine = await openEngine(engineOptions(path, { library: functionLibrary }));
await write(engine, "INSERT INTO sale (note) VALUES ('in the log')");
process.kill(process.pid, 'SIGKILL');
