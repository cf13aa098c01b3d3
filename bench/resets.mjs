// What a client of HTTP/2 that resets every stream costs the daemon's memory: after each round of resets as much as after the first.
// Build first; Linux. `node bench/resets.mjs [rounds] [streams]`; exits 1 when memory goes on growing.
import { readFileSync } from 'node:fs';
import { connect, constants } from 'node:http2';
import { median, residentOf } from './machine.mjs';
import { onStage } from './stage.mjs';

const rounds = Number(process.argv[2] ?? 30);
const streams = Number(process.argv[3] ?? 2000);
const mostMiB = 8;
/** A heap with no room to put off collecting in: what grows is what is kept. */
const smallHeap = ['--max-old-space-size=100'];

/** Asks and resets, as fast as it goes, on new connections whenever the daemon has had enough of one. Gives how many were reset. */
const resetAll = async (port, ca) => {
  let reset = 0;
  while (reset < streams) {
    const session = connect(`https://127.0.0.1:${port}`, { ca, servername: 'localhost' });
    const authority = `project.web.localhost:${port}`;
    await new Promise((resolve, reject) => {
      // The daemon ends a connection that resets too much; one that never opens is a fault.
      session.on('close', resolve).on('error', (error) => (reset > 0 ? resolve() : reject(error)));
      const next = () => {
        if (session.closed || session.destroyed || reset >= streams) return session.destroy();
        for (let burst = 0; burst < 50; burst += 1) {
          const stream = session.request({ ':authority': authority });
          stream.on('error', () => {}).close(constants.NGHTTP2_CANCEL);
          reset += 1;
        }
        setImmediate(next);
      };
      session.on('connect', next);
    });
  }
  return reset;
};

await onStage(async ({ port, root, pid }) => {
  const ca = readFileSync(root);
  const sizes = [];
  let reset = 0;
  for (let round = 0; round < rounds; round += 1) {
    reset += await resetAll(port, ca);
    sizes.push(residentOf(pid));
  }
  // The first third fills what is kept on purpose: caches, pools, and that heap.
  const third = Math.floor(rounds / 3);
  const [before, after] = [median(sizes.slice(third, 2 * third)), median(sizes.slice(2 * third))];
  console.log(`${reset} streams reset · ${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB`);
  process.exitCode = after - before <= mostMiB ? 0 : 1;
}, smallHeap);
