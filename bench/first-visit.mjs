// What the first visit to a hostname costs more than the second: its leaf certificate has to be issued. At most 5 ms in the median.
// Build first. `node bench/first-visit.mjs [rounds]`; exits 1 when it is more.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { median, onStage } from './stage.mjs';

const rounds = Number(process.argv[2] ?? 200);
const mostMs = 5;

/** From the first packet to the whole answer over a connection of its own, in milliseconds. */
const visit = async (hostname, port, ca) => {
  const start = process.hrtime.bigint();
  await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: hostname, ca, agent: false };
    request({ ...options, headers: { host: `${hostname}:${port}` } })
      .on('response', (response) => response.on('end', resolve).resume())
      .on('error', reject)
      .end();
  });
  return Number(process.hrtime.bigint() - start) / 1e6;
};

await onStage(async ({ port, root }) => {
  const ca = readFileSync(root);
  for (let warmUp = 0; warmUp < 20; warmUp += 1) await visit(`warm-${warmUp}.web.localhost`, port, ca);
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    // Every name under our suffixes has a certificate, also one whose copy does not exist: it gets our page, not a TLS error.
    const hostname = `copy-${round}.web.localhost`;
    pairs.push([await visit(hostname, port, ca), await visit(hostname, port, ca)]);
  }
  const [first, later] = [0, 1].map((index) => median(pairs.map((pair) => pair[index])));
  const more = median(pairs.map(([one, two]) => one - two));
  console.log(`first visit: ${first.toFixed(1)} ms · later: ${later.toFixed(1)} ms · ${more.toFixed(1)} ms more`);
  process.exitCode = more <= mostMs ? 0 : 1;
});
